// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/file.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/firewall.h"
#include "inlet53/resolver/rule_index.h"
#include "inlet53/topology/endpoint_names.h"
#include "inlet53/topology/topology.h"
#include "inlet53/zone/zone_index.h"

namespace inlet53::resolver {

/// The response to a query for a name that no endpoint, rule or hosted zone covers.
enum class UncoveredNames : uint8_t {
  Refused,
  NXDomain,  // with an SOA of the root
};

/// Everything that a decision needs about one endpoint IP address and one protocol. Immutable.
struct EndpointAddress {
  std::string endpoint_id;   // rslvr-in-…
  std::string interface_id;  // rni-…
  IpAddress address;         // in the VPC
  topology::EndpointProtocol protocol = topology::EndpointProtocol::Do53;
  SocketAddress listen;
  /// The endpoint has direction INBOUND_DELEGATION: it answers only its VPC's hosted zones,
  /// authoritatively.
  bool delegation = false;
  CidrSet udp_sources;  // admitted by the security groups; empty unless the protocol uses UDP
  CidrSet tcp_sources;
  /// The security groups do not admit every source. AWS then tracks connections and allows fewer
  /// queries per second.
  bool tracked = false;
  record::EndpointFragments fragments;
  std::shared_ptr<const zone::ZoneIndex> zones;
  std::shared_ptr<const Firewall> firewall;  // of the endpoint's VPC; null: it has none
  std::shared_ptr<const RuleIndex> rules;    // of the endpoint's VPC; null: it has none
  /// The zone of names that nothing covers (`zone::root_zone`); null: the response is REFUSED.
  std::shared_ptr<const zone::ZoneTable> root;
};

/// The immutable data from which the DNS daemon answers.
/// Threads: const methods any.
struct ResolverState {
  /// Enabled addresses, inbound and delegation; one for each protocol of the endpoint.
  std::vector<EndpointAddress> addresses;
  std::vector<ForwardRule> forward_rules;
  /// The scope of the first new rule of the next state.
  uint32_t next_scope = 0;
  /// Records of zone files that are outside their zones and not served.
  std::vector<FileError> ignored_records;
  /// Unreadable files of firewall domain lists; the VPCs that use them fail open.
  std::vector<FileError> unreadable_lists;
  /// Names and addresses of the certificates of this configuration.
  topology::CertificateNames certificate_names;
  /// Returns the address served at `listen` by `protocol`, null when there is none. Lifetime: this
  /// state's.
  [[nodiscard]] const EndpointAddress* find(
      const SocketAddress& listen,
      topology::EndpointProtocol protocol = topology::EndpointProtocol::Do53) const noexcept;
};

/// Builds a state from a validated topology: loads its zone files and domain lists, makes the
/// endpoint names and the fragments.
/// `seed`: the same for all states of the process, so that tables can be kept between states.
/// `previous`: the state before this one, whose rules keep their scopes; null: this is the first.
/// `uncovered`: applies to inbound endpoints; delegation endpoints refuse names outside their
/// zones.
/// Errors: the faults of all zone files, else the first rejected list (`zone_loader.h`,
/// `firewall.h`).
/// Threads: any, one at a time. Cost: loads every zone and list.
[[nodiscard]] Result<std::shared_ptr<const ResolverState>, std::vector<FileError>> build_state(
    const topology::Topology& topology, zone::HashSeed seed,
    const ResolverState* previous = nullptr, UncoveredNames uncovered = UncoveredNames::Refused);

}  // namespace inlet53::resolver
