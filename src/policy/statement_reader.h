#pragma once

#include <string>

#include "policy_reading.h"

namespace inlet53::policy {

/// Reads one statement. What is wrong goes to the reading; the statement is worth nothing then.
[[nodiscard]] Statement read_statement(PolicyReading& reading, const JsonValue& value,
                                       const std::string& path);

}  // namespace inlet53::policy
