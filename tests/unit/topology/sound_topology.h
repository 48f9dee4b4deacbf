// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inlet53/topology/topology.h"

namespace inlet53::topology {

/// One of everything, with nothing wrong: each test breaks one thing.
Topology sound_topology();

}  // namespace inlet53::topology
