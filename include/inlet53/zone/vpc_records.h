// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/zone/address_names.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// A zone of names that the resolver of a VPC has without anybody's doing. An SOA stands at its
/// apex, with the values of a private hosted zone (what AWS has there is not known), but for the
/// 60 s that negative responses are cached.
struct VpcZone {
  ZoneData data;
  /// Names that are not in `data` are left to what covers them next (ZoneTableOptions::partial).
  bool partial = false;
  std::shared_ptr<const AddressNames> address_names = nullptr;  // what it has beside `data`
};

/// Makes the zones of `vpc`, when it has both enable_dns_support and enable_dns_hostnames; none
/// else. Of region R:
/// - `R.compute.internal` (us-east-1: `ec2.internal`, and an empty `compute-1.internal`): A of
///   `ip-A-B-C-D` for every address of the VPC's IPv4 blocks; A, and AAAA if it has such an
///   address, of `i-…` for every instance;
/// - `R.compute.amazonaws.com` (us-east-1: `compute-1.amazonaws.com`), partial: A of `ec2-A-B-C-D`
///   for every instance of the topology with a public address A.B.C.D and a VPC with both
///   attributes: the private address of those in this VPC, the public one of others;
/// - `localhost` with all below it, `localhost.localdomain`, and PTR for 127.0.0.1 and ::1; nothing
///   else in `127.in-addr.arpa`, `localdomain` and the ip6.arpa names of ::1 and ::.
/// And with autodefined_reverse:
/// - `10.in-addr.arpa`, `16.172.in-addr.arpa` to `31.172.in-addr.arpa`, `168.192.in-addr.arpa` and
///   `254.169.254.169.in-addr.arpa`, where nothing is, but NS at those of the next kind;
/// - `C.B.A.in-addr.arpa` of every /24 that has addresses of the VPC's IPv4 blocks: PTR of each.
///
/// Requires: `validate` finds nothing wrong with `topology`.
/// Threads: any. Cost: the number of /24s and instances; allocates.
/// Source: Amazon VPC User Guide, "DNS attributes for your VPC"; Route 53 Developer Guide,
/// "Resolver rules: autodefined system rules"; RFC 6303, RFC 6761 §6.3.
[[nodiscard]] std::vector<VpcZone> vpc_zones(const topology::Topology& topology,
                                             const topology::Vpc& vpc);

}  // namespace inlet53::zone
