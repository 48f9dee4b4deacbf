// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/topology/topology.h"
#include "inlet53/zone/address_names.h"
#include "inlet53/zone/zone_data.h"

/// Zones that are generated from the topology instead of loaded from a master file.
namespace inlet53::zone {

/// One generated zone. Its apex has an SOA with the values of a private hosted zone (AWS's values
/// are not known), but with a negative TTL of 60 s.
struct GeneratedZone {
  ZoneData data;
  /// Lookups of names that are not in `data` continue in the next zone (ZoneTableOptions::partial).
  bool partial = false;
  std::shared_ptr<const AddressNames> address_names = nullptr;  // names in addition to `data`
};

/// TTL of an interface endpoint's addresses, in seconds. Source: observed at AWS.
inline constexpr uint32_t kEndpointTtl = 60;

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
[[nodiscard]] std::vector<GeneratedZone> endpoint_zones(const topology::Topology& topology,
                                                        const topology::Vpc& vpc);

/// Makes the zones of `vpc`; none unless it has both enable_dns_support and enable_dns_hostnames.
/// For region R:
///
///  * `R.compute.internal` (us-east-1: `ec2.internal`, and an empty `compute-1.internal`): A of
///    `ip-A-B-C-D` for every address of the VPC's IPv4 blocks; A of `i-…` for every instance, and
///    AAAA if it has such an address;
///  * `R.compute.amazonaws.com` (us-east-1: `compute-1.amazonaws.com`), partial: A of `ec2-A-B-C-D`
///    for every instance of the topology with a public address A.B.C.D and a VPC with both
///    attributes. The record has the private address for instances of this VPC, the public address
///    for others;
///  * `localhost` with all names below it, `localhost.localdomain`, and PTR for 127.0.0.1 and ::1;
///    nothing else in `127.in-addr.arpa`, `localdomain` and the ip6.arpa names of ::1 and ::.
///
/// With autodefined_reverse also:
///
///  * `10.in-addr.arpa`, `16.172.in-addr.arpa` to `31.172.in-addr.arpa`, `168.192.in-addr.arpa` and
///    `254.169.254.169.in-addr.arpa`, which are empty except for NS at the zones of the next item;
///  * `C.B.A.in-addr.arpa` of every /24 that has addresses of the VPC's IPv4 blocks: PTR of each.
///
/// Requires: `validate` accepts `topology`.
/// Threads: any. Cost: the number of /24s and instances; allocates.
/// Source: Amazon VPC User Guide, "DNS attributes for your VPC"; Route 53 Developer Guide,
/// "Resolver rules: autodefined system rules"; RFC 6303, RFC 6761 §6.3.
[[nodiscard]] std::vector<GeneratedZone> vpc_zones(const topology::Topology& topology,
                                                   const topology::Vpc& vpc);

/// Makes a root zone that denies every name, for names that no other zone or rule covers: NXDOMAIN,
/// or NODATA for names above covered ones (RFC 8020), with an SOA of the root and a TTL of 60 s.
/// `covered`: names that other zones or rules always answer. The zone contains them, so that the
/// names above them exist.
[[nodiscard]] ZoneData root_zone(const std::vector<dns::Name>& covered);

}  // namespace inlet53::zone
