// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/settings/https_daemon.h"
#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// Versions as the interpreters tell them: `3.11.2`. Empty: not known.
struct InterpreterVersions {
  std::string python;
  std::string node;
};

/// A function whose interpreter is missing or has another version than its runtime.
struct InterpreterProblem {
  std::string function;  // its name
  std::string message;
};

/// The interpreters that functions run on.
struct Interpretation {
  InterpreterVersions versions;
  std::vector<InterpreterProblem> missing;    // they cannot be run, so that no call can succeed
  std::vector<InterpreterProblem> different;  // of another version than the function's runtime
};

/// Asks each interpreter that a function needs for its version. Waits for them, 10 s at most for
/// each. Threads: any.
[[nodiscard]] Interpretation find_interpreters(const std::vector<topology::Function>& functions,
                                               const settings::Lambda& settings);

/// Names the interpreter that runs a runtime, if its version is another: `Python 3.11.2` for
/// `python3.12`. Empty: the version is the same, or not known.
[[nodiscard]] std::string other_interpreter(std::string_view runtime,
                                            const InterpreterVersions& versions);

/// Says what is missing in a function's folder, so that no call can succeed: the handler's file, or
/// a `bootstrap` that can be run. Empty: nothing. Threads: any.
[[nodiscard]] std::string missing_code(const topology::Function& function);

}  // namespace inlet53::lambda
