// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "inlet53/topology/topology.h"

namespace inlet53::topology {

/// Step of a key path: a key, or an index in an array (from 0).
using KeyStep = std::variant<std::string, size_t>;
/// Path to a value as its source spells it: {"resolver_endpoint", "inbound", "ip_address", 0,
/// "address"}. A source with lines finds the line of a path.
using KeyPath = std::vector<KeyStep>;

/// Returns the path as text, `resolver_endpoint.inbound.ip_address[0].address`, with quotes around
/// a key where TOML requires them.
[[nodiscard]] std::string to_text(const KeyPath& path);

/// Problem of a topology.
struct Problem {
  KeyPath path;
  std::string message;  // the problem, with the nearest valid value if there is one
};

/// Checks `topology` and returns all problems; empty: it is valid. Checks:
/// - names and ids: their form, that each is used once, that references are not dangling;
/// - networks: blocks inside those of the VPC, addresses inside their subnet, not reserved in it
///   and used once, instances' addresses of the right family, one listener per address and port;
/// - endpoints: the number of addresses, an address for each record type, DNS support in a VPC with
///   private names, one endpoint with private DNS per service and VPC;
/// - hosted zones: one zone per name and VPC;
/// - DNS Firewall: the fields that an action needs, range and uniqueness of priorities, domains of
///   lists (but not those in files);
/// - REST APIs and functions: the limits, names and paths that AWS accepts, complete integrations.
///   Policies are not read here.
///
/// Paths are spelled as in the configuration reference (`conf/inlet53.toml`). A path whose last
/// step does not exist means the object around it. Threads: any. Cost: linear, except that subnets
/// are compared in pairs. Source: limits and errors of the EC2, Route 53 Resolver and API Gateway
/// APIs.
[[nodiscard]] std::vector<Problem> validate(const Topology& topology);

/// Returns warnings about a valid topology: regions that do not exist, services that the table of
/// AWS services does not contain, and endpoints of this topology that do not allow the queries of a
/// rule that has them as targets. Requires: `validate` finds no problem. Cost: linear.
[[nodiscard]] std::vector<Problem> warnings(const Topology& topology);

}  // namespace inlet53::topology
