#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::control {

/// Gives an order to the daemon at `path` and waits for its answer, for `timeout_ms` at most.
/// Requires: `order` is one line.
/// Errors: texts for people: what the daemon refused, or why it could not be asked.
/// Threads: any; blocks.
[[nodiscard]] Result<std::string, std::string> give_order(const std::string& path,
                                                          std::string_view order,
                                                          uint32_t timeout_ms);

}  // namespace inlet53::control
