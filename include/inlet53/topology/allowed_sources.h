// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "inlet53/base/cidr.h"
#include "inlet53/topology/topology.h"

namespace inlet53::topology {

/// Which sources the security groups of an endpoint let in, for one protocol and the service's own
/// port, whatever port it is served on. Security groups only allow: no matching rule is silence.
/// Source: Amazon VPC User Guide, "Security group rules".
[[nodiscard]] CidrSet allowed_sources(const Topology& topology,
                                      const std::vector<std::string>& security_groups,
                                      IpProtocol protocol, uint16_t port);

}  // namespace inlet53::topology
