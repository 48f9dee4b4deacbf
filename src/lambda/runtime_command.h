#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// What starts a runtime.
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

}  // namespace inlet53::lambda
