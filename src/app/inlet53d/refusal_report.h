#pragma once

#include <string>

#include "inlet53/resolver/state.h"
#include "inlet53/server/refused_clients.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

/// Text for the operator about a client that security groups do not admit: the client, the endpoint
/// IP address, the groups, and a rule for one of them that admits it.
[[nodiscard]] std::string refusal_report(const topology::Topology& topology,
                                         const resolver::EndpointAddress& address,
                                         const server::RefusedClient& refused);

}  // namespace inlet53::app
