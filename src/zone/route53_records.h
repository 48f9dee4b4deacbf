// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

/// What stands at the apex of the zones that we make ourselves, as Route 53 has it in its own.
namespace inlet53::zone {

/// TTL and MINIMUM of the SOA of such a zone: the seconds that NODATA and NXDOMAIN are cached.
/// Route 53's usual 900 would keep a name absent long after a reload brought it; what AWS's hidden
/// zones have is not known.
inline constexpr uint32_t kOwnNegativeTtl = 60;

/// Requires: `text` is a name; what a sound topology makes is.
[[nodiscard]] dns::Name made_name(std::string_view text);

/// The SOA of a private hosted zone, but for MINIMUM and TTL.
void add_soa(ZoneData& data);

/// Route 53's four name servers at `owner`.
void add_name_servers(ZoneData& data, dns::NameView owner);

}  // namespace inlet53::zone
