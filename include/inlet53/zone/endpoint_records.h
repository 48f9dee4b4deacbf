#pragma once

#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// TTL of an interface endpoint's addresses, in seconds. Source: observed at AWS; `aws.md` §3.1.
inline constexpr uint32_t kEndpointTtl = 60;
/// TTL and MINIMUM of the SOA of such a name: the time that NODATA is cached.
inline constexpr uint32_t kEndpointNegativeTtl = 60;

/// The names of the VPC endpoints, as the resolver of one VPC answers them.
struct EndpointZone {
  ZoneData data;
  /// Names that are not in `data` are left to what covers them next (ZoneTableOptions::partial).
  bool partial = false;
};

/// Makes the zones of endpoint names that `vpc` resolves:
/// - `execute-api.R.amazonaws.com` with its wildcard, where an endpoint of this VPC has private DNS
///   Enabled; the listed API ids only, as a partial zone, where it is Listed;
/// - `{api}-{vpce}.execute-api.R.amazonaws.com` for every API associated with an endpoint, in the
///   same zone (AWS has them in public DNS, so every VPC gets them);
/// - `vpce-ID-SUFFIX[-AZ].execute-api.R.vpce.amazonaws.com`, regional and zonal, of every endpoint.
/// Source: API Gateway Developer Guide, "Invoking a private API"; AWS PrivateLink Guide, DNS names.
[[nodiscard]] std::vector<EndpointZone> endpoint_zones(const topology::Topology& topology,
                                                       const topology::Vpc& vpc);

}  // namespace inlet53::zone
