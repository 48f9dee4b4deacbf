// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// TTL of an interface endpoint's addresses, in seconds. Source: observed at AWS; `aws.md` §3.1.
inline constexpr uint32_t kEndpointTtl = 60;

/// Names of VPC endpoints under one apex, as the resolver of one VPC answers them. An SOA stands at
/// the apex of a partial zone too, for its negative responses.
struct EndpointZone {
  ZoneData data;
  /// Names that are not in `data` are left to what covers them next (ZoneTableOptions::partial).
  bool partial = false;
};

/// Makes the zones of endpoint names that `vpc` resolves, sorted by apex:
/// - each private DNS name of an endpoint of this VPC with private DNS Enabled
///   (`kms.R.amazonaws.com`, `topology::endpoint_dns_names`), a full zone with Route 53's NS. A
///   wildcard `*.x` has the apex x, which has the same addresses;
/// - where private DNS is Listed, a partial zone with `{api}.execute-api.R.amazonaws.com` of the
///   topology's APIs in that region;
/// - `{api}-{vpce}.execute-api.R.amazonaws.com` of every API associated with an endpoint, in the
///   same zone, else in a partial one (AWS has them in public DNS, so every VPC gets them, whatever
///   the endpoint's private DNS);
/// - `vpce-ID-SUFFIX[-AZ].execute-api.R.vpce.amazonaws.com`, regional and zonal, of every endpoint
///   in any VPC, as a partial zone. AZ is the Availability Zone's name.
///
/// A and AAAA follow the endpoint's DnsRecordIpType: service-defined has A everywhere and AAAA at
/// the last kind of name only.
/// Requires: `validate` finds nothing wrong with `topology`.
/// Threads: any. Cost: endpoints times associations; allocates.
/// Source: API Gateway Developer Guide, "Invoking a private API"; AWS PrivateLink Guide, DNS names.
[[nodiscard]] std::vector<EndpointZone> endpoint_zones(const topology::Topology& topology,
                                                       const topology::Vpc& vpc);

}  // namespace inlet53::zone
