// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// Makes a root zone that denies every name, for names that no other zone or rule covers: NXDOMAIN,
/// or NODATA for names above covered ones (RFC 8020), with an SOA of the root and a TTL of 60 s.
/// `covered`: names that other zones or rules always answer. The zone contains them, so that the
/// names above them exist.
[[nodiscard]] ZoneData root_zone(const std::vector<dns::Name>& covered);

}  // namespace inlet53::zone
