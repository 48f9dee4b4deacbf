// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/settings/https_daemon.h"
#include "inlet53/topology/topology.h"

/// Runtimes of functions: their interpreters, commands and environment variables.
namespace inlet53::lambda {

/// Versions reported by the interpreters: `3.11.2`. Empty: unknown.
struct InterpreterVersions {
  std::string python;
  std::string node;
};

/// Function whose interpreter is missing or has another version than its runtime.
struct InterpreterProblem {
  std::string function;  // its name
  std::string message;
};

/// Interpreters that run functions.
struct Interpretation {
  InterpreterVersions versions;
  std::vector<InterpreterProblem> missing;    // they cannot run, so that no call can succeed
  std::vector<InterpreterProblem> different;  // the version differs from the function's runtime
};

/// Runs each interpreter that a function needs to get its version. Waits at most 10 s for each.
/// Threads: any.
[[nodiscard]] Interpretation find_interpreters(const std::vector<topology::Function>& functions,
                                               const settings::Lambda& settings);

/// Returns the interpreter that runs a runtime, if its version differs: `Python 3.11.2` for
/// `python3.12`. Empty: the version is the same, or unknown.
[[nodiscard]] std::string other_interpreter(std::string_view runtime,
                                            const InterpreterVersions& versions);

/// Describes what is missing in a function's directory, so that no call can succeed: the handler's
/// file, or an executable `bootstrap`. Empty: nothing is missing. Threads: any.
[[nodiscard]] std::string missing_code(const topology::Function& function);

/// Command that starts a runtime.
struct RuntimeCommand {
  std::vector<std::string> arguments;
  std::string_view input;  // its stdin: a program of inlet53, or nothing. Lifetime: the process's
};

/// Paths of the interpreters; empty: python3 and node of PATH.
struct Interpreters {
  std::string python;
  std::string node;
};

/// Returns the command that serves a function: for `python*` the runtime client of inlet53; for
/// `nodejs*` the one in the code's `node_modules/aws-lambda-ric`, else that of inlet53; for
/// `provided*` the code's `bootstrap`.
/// Errors: a runtime that cannot run here, or a missing `bootstrap`.
[[nodiscard]] Result<RuntimeCommand, std::string> runtime_command(
    const topology::Function& function, const Interpreters& interpreters);

/// Values of an environment that become variables of its process.
struct EnvironmentIdentity {
  std::string_view region;
  std::string_view runtime_api;  // host and port
  std::string_view log_stream;
};

/// Returns all environment variables of a function's process as `NAME=value`: Lambda's, then the
/// function's. Reserved ones keep Lambda's value, except credentials: the function may set
/// AWS_ACCESS_KEY_ID and related ones, which it does not have otherwise. PATH is this process's.
/// Source: AWS Lambda Developer Guide, "Working with Lambda environment variables".
[[nodiscard]] std::vector<std::string> environment_variables(const topology::Function& function,
                                                             const EnvironmentIdentity& identity);

}  // namespace inlet53::lambda
