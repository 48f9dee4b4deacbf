// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/settings/https_daemon.h"
#include "inlet53/topology/topology.h"

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

}  // namespace inlet53::lambda
