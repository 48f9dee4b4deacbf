// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "inlet53/topology/topology.h"

namespace inlet53::topology {

/// A step into the configuration: a key, or a place in an array (from 0).
using KeyStep = std::variant<std::string, size_t>;
/// The way to a value as its source spells it: {"resolver_endpoint", "inbound", "ip_address", 0,
/// "address"}. A source that knows lines turns it into one.
using KeyPath = std::vector<KeyStep>;

/// The path as text, `resolver_endpoint.inbound.ip_address[0].address`; a key that TOML would want
/// in quotes has them.
[[nodiscard]] std::string to_text(const KeyPath& path);

/// One thing that is wrong with a topology.
struct Problem {
  KeyPath path;
  std::string message;  // says what is wrong, with the nearest valid value where there is one
};

/// Everything that is wrong with `topology`, empty when it is sound: names and ids of the wrong
/// shape or used twice, dangling references, blocks outside their VPC's, addresses outside their
/// subnet, reserved in it or used twice, two endpoints with private DNS for one service and VPC,
/// instances' addresses of the wrong family, two addresses served at one place, too few or too many
/// addresses, record types without an address of their family, private names in a VPC without DNS
/// support, two hosted zones of one name in a VPC; firewall rules without what their action needs,
/// priorities that are out of range or used twice, domains of a list that are none (its file is not
/// read here); of REST APIs and functions what AWS's limits, names and path rules do not admit, and
/// integrations without what they need. Policies are not read here. Paths are spelled as in the
/// configuration reference
/// (`conf/inlet53.toml`); a path whose last step is not there means the object around it. Threads:
/// any. Cost: linear but for subnets, which are compared in pairs. Source: the limits and refusals
/// of the EC2, Route 53 Resolver and API Gateway APIs.
[[nodiscard]] std::vector<Problem> validate(const Topology& topology);

/// Reports what AWS would not have, or what inlet53 cannot know, in a topology that can be served
/// all the same: regions that do not exist, services that the table of AWS's services does not
/// have, and endpoints of this topology that do not let in the queries of a rule that has them as
/// targets. Requires: `validate` finds nothing wrong with `topology`. Cost: linear.
[[nodiscard]] std::vector<Problem> warnings(const Topology& topology);

}  // namespace inlet53::topology
