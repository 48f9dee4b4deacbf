#pragma once

#include "inlet53/topology/topology.h"

namespace inlet53::config {

/// Turns the references of `topology` from names into ids; an id, and what is neither, stays as it
/// is written. Gives endpoints that name no VPC the VPC of their subnets.
void resolve_references(topology::Topology& topology);

}  // namespace inlet53::config
