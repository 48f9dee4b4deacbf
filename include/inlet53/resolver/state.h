// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/cidr.h"
#include "inlet53/base/file.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/firewall.h"
#include "inlet53/resolver/rule_index.h"
#include "inlet53/topology/certificate_names.h"
#include "inlet53/topology/topology.h"
#include "inlet53/zone/zone_index.h"

namespace inlet53::resolver {

/// The response to a query for a name that no endpoint, rule or hosted zone covers.
enum class UncoveredNames : uint8_t {
  Refused,
  NXDomain,  // with an SOA of the root
};

/// Everything that a query at one endpoint IP address is decided from, by one protocol. Immutable.
struct EndpointAddress {
  std::string endpoint_id;   // rslvr-in-…
  std::string interface_id;  // rni-…
  IpAddress address;         // the VPC's
  topology::EndpointProtocol protocol = topology::EndpointProtocol::Do53;
  SocketAddress listen;
  /// An INBOUND_DELEGATION endpoint: answers its VPC's hosted zones authoritatively, nothing else.
  bool delegation = false;
  CidrSet udp_sources;  // that the security groups admit; empty unless the protocol uses UDP
  CidrSet tcp_sources;
  /// The security groups do not admit every source. AWS tracks connections then and allows fewer
  /// queries a second.
  bool tracked = false;
  record::EndpointFragments fragments;
  std::shared_ptr<const zone::ZoneIndex> zones;
  std::shared_ptr<const Firewall> firewall;  // of the endpoint's VPC; null: it has none
  std::shared_ptr<const RuleIndex> rules;    // the same
  /// The zone that names get which nothing covers (`zone::root_zone`); null: they are REFUSED.
  std::shared_ptr<const zone::ZoneTable> root;
};

/// What the DNS daemon answers from: built whole, published, never changed.
/// Threads: const, any.
struct ResolverState {
  /// Enabled ones, inbound and delegation; one for each protocol of the endpoint.
  std::vector<EndpointAddress> addresses;
  std::vector<ForwardRule> forward_rules;
  /// The scope of the first rule that is new in the next state.
  uint32_t next_scope = 0;
  /// Records of zone files that are outside their zones and not served.
  std::vector<FileError> ignored_records;
  /// Files of firewall domain lists that can't be read, without which their VPCs fail open.
  std::vector<FileError> unreadable_lists;
  /// Names and addresses of the certificates of this configuration.
  topology::CertificateNames certificate_names;
  /// The address served at `listen` by `protocol`, null when there is none. Lifetime: this state's.
  [[nodiscard]] const EndpointAddress* find(
      const SocketAddress& listen,
      topology::EndpointProtocol protocol = topology::EndpointProtocol::Do53) const noexcept;
};

/// Builds a state from a validated topology: loads its zone files and domain lists, makes the
/// endpoint names and the fragments.
/// `seed`: the process's; the same for every state, so that tables can be kept between states.
/// `previous`: the state before this one, whose rules keep their scopes; null: this is the first.
/// `uncovered`: of inbound endpoints; delegation endpoints refuse names that are not theirs.
/// Errors: the faults of all zone files, else the first list that is refused (`zone_loader.h`,
/// `firewall.h`). Threads: any, one at a time. Cost: loads every zone and list.
[[nodiscard]] Result<std::shared_ptr<const ResolverState>, std::vector<FileError>> build_state(
    const topology::Topology& topology, zone::HashSeed seed,
    const ResolverState* previous = nullptr, UncoveredNames uncovered = UncoveredNames::Refused);

}  // namespace inlet53::resolver
