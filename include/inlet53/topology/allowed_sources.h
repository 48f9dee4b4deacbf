// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "inlet53/base/cidr.h"
#include "inlet53/topology/topology.h"

namespace inlet53::topology {

/// Returns the sources that the security groups of an endpoint allow, for one protocol and the port
/// of the service (not the port at which it listens here). Security groups only allow: without a
/// matching rule the result is empty.
/// Source: Amazon VPC User Guide, "Security group rules".
[[nodiscard]] CidrSet allowed_sources(const Topology& topology,
                                      const std::vector<std::string>& security_groups,
                                      IpProtocol protocol, uint16_t port);

}  // namespace inlet53::topology
