// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "inlet53/topology/topology.h"

/// Targets of resolver rules that are resolver endpoints of the same topology.
namespace inlet53::topology {

/// The protocol that an endpoint is asked by.
[[nodiscard]] EndpointProtocol endpoint_protocol(TargetProtocol protocol) noexcept;

/// One address of an inbound (or delegation) endpoint.
struct EndpointTarget {
  const ResolverEndpoint* endpoint = nullptr;
  const ResolverEndpointIp* ip = nullptr;
};

/// Finds the endpoints that `target` may mean: the one that is served at its address, else those
/// that have it in their VPC, with the port of the target's protocol. Of these the endpoint in the
/// VPC of the rule's outbound endpoint comes alone, since each VPC's own addresses are the nearest.
/// Empty: the target is another server. Lifetime: the topology's.
[[nodiscard]] std::vector<EndpointTarget> endpoints_of_target(const Topology& topology,
                                                              const ResolverRule& rule,
                                                              const TargetAddress& target);

/// The address to send the queries for `target` to: where the endpoint that it means is served,
/// else its own. An endpoint that is served at every address (0.0.0.0, ::) is asked at the loopback
/// one. Requires: `endpoints_of_target` has at most one; `validate` sees to that.
[[nodiscard]] SocketAddress reached_address(const Topology& topology, const ResolverRule& rule,
                                            const TargetAddress& target);

}  // namespace inlet53::topology
