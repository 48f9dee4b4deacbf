// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// Command that starts a runtime.
struct RuntimeCommand {
  std::vector<std::string> arguments;
  std::string_view input;  // its stdin: a program of ours, or nothing. Lifetime: the process's
};

/// The interpreters; empty: python3 and node of PATH.
struct Interpreters {
  std::string python;
  std::string node;
};

/// The program that serves a function:
/// `python*` our own runtime client; `nodejs*` the one in the code's `node_modules/aws-lambda-ric`,
/// else our own; `provided*` the code's `bootstrap`.
/// Errors: a runtime that cannot be run here, or a `bootstrap` that is missing.
[[nodiscard]] Result<RuntimeCommand, std::string> runtime_command(
    const topology::Function& function, const Interpreters& interpreters);

/// Values of an environment that become variables of its process.
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
