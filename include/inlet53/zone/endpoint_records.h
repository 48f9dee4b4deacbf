// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// TTL of an interface endpoint's addresses, in seconds. Source: observed at AWS.
inline constexpr uint32_t kEndpointTtl = 60;

/// Names of VPC endpoints under one apex, as the resolver of one VPC answers them. A partial zone
/// has an SOA at its apex too, for its negative responses.
struct EndpointZone {
  ZoneData data;
  /// Lookups of names that are not in `data` continue in the next zone (ZoneTableOptions::partial).
  bool partial = false;
};

/// Makes the zones of endpoint names that `vpc` resolves, sorted by apex:
///
///  * each private DNS name of an endpoint of this VPC with private DNS Enabled
///    (`kms.R.amazonaws.com`, `topology::endpoint_dns_names`): a full zone with Route 53's NS. A
///    wildcard `*.x` is in the zone x, whose apex has the same addresses;
///  * where private DNS is Listed: a partial zone with `{api}.execute-api.R.amazonaws.com` of the
///    topology's APIs in that region;
///  * `{api}-{vpce}.execute-api.R.amazonaws.com` of every API associated with an endpoint, in the
///    same zone if there is one, else in a partial zone. AWS has these names in public DNS, so
///    every VPC resolves them, with or without private DNS;
///  * `vpce-ID-SUFFIX[-AZ].execute-api.R.vpce.amazonaws.com`, regional and zonal, of every endpoint
///    in any VPC, as a partial zone. AZ is the Availability Zone's name.
///
/// A and AAAA follow the endpoint's DnsRecordIpType. With service-defined, all names have A; only
/// the names of the last item have AAAA.
/// Requires: `validate` accepts `topology`.
/// Threads: any. Cost: endpoints times associations; allocates.
/// Source: API Gateway Developer Guide, "Invoking a private API"; AWS PrivateLink Guide, DNS names.
[[nodiscard]] std::vector<EndpointZone> endpoint_zones(const topology::Topology& topology,
                                                       const topology::Vpc& vpc);

}  // namespace inlet53::zone
