// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inlet53/topology/topology.h"

namespace inlet53::topology {

/// Returns a valid topology with an object of every kind. Each test changes one of them.
Topology sound_topology();

}  // namespace inlet53::topology
