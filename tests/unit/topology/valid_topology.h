// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/topology/validate.h"

namespace inlet53::topology {

/// Returns a valid topology with an object of every kind. Each test changes one of them.
Topology valid_topology();

using Problems = std::vector<std::string>;

/// Returns problems as texts, `PATH: MESSAGE`.
Problems texts_of(const std::vector<Problem>& problems);

/// Returns the problems of `topology` after a change.
Problems problems_of(Topology topology, const std::function<void(Topology&)>& change);

/// Change of the valid topology, and every problem that it causes.
struct Change {
  const char* name;
  std::function<void(Topology&)> change;
  Problems problems;
};

/// Expects exactly the problems of each change, and names the change that fails.
void expect_problems(const std::vector<Change>& changes);

}  // namespace inlet53::topology
