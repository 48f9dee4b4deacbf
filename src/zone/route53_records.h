// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

/// Records at the apex of the zones that inlet53 makes itself, with the values of Route 53's own
/// zones.
namespace inlet53::zone {

/// TTL and MINIMUM in seconds of the SOA of such a zone: the time that NODATA and NXDOMAIN are
/// cached. With Route 53's usual 900, caches would deny a name long after a reload added it. AWS's
/// values for its hidden zones are not known.
inline constexpr uint32_t kOwnNegativeTtl = 60;

/// Parses a name. Requires: `text` is a valid name, as those made from a valid topology are.
[[nodiscard]] dns::Name made_name(std::string_view text);

/// Adds the SOA of a private hosted zone with TTL and MINIMUM of kOwnNegativeTtl.
void add_soa(ZoneData& data);

/// Adds Route 53's four name servers at `owner`.
void add_name_servers(ZoneData& data, dns::NameView owner);

}  // namespace inlet53::zone
