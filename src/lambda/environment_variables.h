#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// What an environment's process is told besides its function.
struct EnvironmentIdentity {
  std::string_view region;
  std::string_view runtime_api;  // host and port
  std::string_view log_stream;
};

/// All environment variables of a function's process, `NAME=value`: Lambda's own, then the
/// function's. One that Lambda reserves keeps Lambda's value, credentials aside: the function may
/// set AWS_ACCESS_KEY_ID and its kin, which it has not got otherwise. PATH is this process's own.
/// Source: AWS Lambda Developer Guide, "Working with Lambda environment variables".
[[nodiscard]] std::vector<std::string> environment_variables(const topology::Function& function,
                                                             const EnvironmentIdentity& identity);

}  // namespace inlet53::lambda
