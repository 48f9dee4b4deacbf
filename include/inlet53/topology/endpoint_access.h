// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/topology/topology.h"

/// Ways to resolver endpoints: sources that security groups allow, and targets of resolver rules
/// that are resolver endpoints of the same topology.
namespace inlet53::topology {

/// Returns the sources that the security groups of an endpoint allow, for one protocol and the port
/// of the service (not the port at which it listens here). Security groups only allow: without a
/// matching rule the result is empty.
/// Source: Amazon VPC User Guide, "Security group rules".
[[nodiscard]] CidrSet allowed_sources(const Topology& topology,
                                      const std::vector<std::string>& security_groups,
                                      IpProtocol protocol, uint16_t port);

/// Returns the endpoint protocol that corresponds to a target's protocol.
[[nodiscard]] EndpointProtocol endpoint_protocol(TargetProtocol protocol) noexcept;

/// IP address of an inbound (or delegation) endpoint.
struct EndpointTarget {
  const ResolverEndpoint* endpoint = nullptr;
  const ResolverEndpointIp* ip = nullptr;
};

/// Finds the endpoints that `target` may mean: the one that is served at its address, otherwise
/// those that have the address in their VPC and the port of the target's protocol. If one of these
/// is in the VPC of the rule's outbound endpoint, returns it alone: the VPC's own addresses take
/// precedence. Empty: the target is another server. Lifetime: the topology's.
[[nodiscard]] std::vector<EndpointTarget> endpoints_of_target(const Topology& topology,
                                                              const ResolverRule& rule,
                                                              const TargetAddress& target);

/// Returns the address to which queries for `target` are sent: the serving address of the endpoint
/// that it means, otherwise its own address. An endpoint that is served at every address (0.0.0.0,
/// ::) is queried at the loopback address. Requires: `endpoints_of_target` returns at most one
/// endpoint; `validate` checks this.
[[nodiscard]] SocketAddress reached_address(const Topology& topology, const ResolverRule& rule,
                                            const TargetAddress& target);

}  // namespace inlet53::topology
