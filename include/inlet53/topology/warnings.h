#pragma once

#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/topology/validate.h"

namespace inlet53::topology {

/// Reports what AWS would not have, or what inlet53 cannot know, in a topology that can be served
/// all the same: regions that do not exist, services that the table of AWS's services does not
/// have, and endpoints of this topology that do not let in the queries of a rule that has them as
/// targets. Requires: `validate` finds nothing wrong with `topology`. Cost: linear.
[[nodiscard]] std::vector<Problem> warnings(const Topology& topology);

}  // namespace inlet53::topology
