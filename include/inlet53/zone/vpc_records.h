// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/zone/address_names.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// A zone of names that the resolver of each VPC has by default. Its apex has an SOA with the
/// values of a private hosted zone (AWS's values are not known), but with a negative TTL of 60 s.
struct VpcZone {
  ZoneData data;
  /// Lookups of names that are not in `data` continue in the next zone (ZoneTableOptions::partial).
  bool partial = false;
  std::shared_ptr<const AddressNames> address_names = nullptr;  // names in addition to `data`
};

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
[[nodiscard]] std::vector<VpcZone> vpc_zones(const topology::Topology& topology,
                                             const topology::Vpc& vpc);

}  // namespace inlet53::zone
