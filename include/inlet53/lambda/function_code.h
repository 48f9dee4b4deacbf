#pragma once

#include <string>

#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// Says what is missing in a function's folder, so that no call can succeed: the handler's file, or
/// a `bootstrap` that can be run. Empty: nothing. Threads: any.
[[nodiscard]] std::string missing_code(const topology::Function& function);

}  // namespace inlet53::lambda
