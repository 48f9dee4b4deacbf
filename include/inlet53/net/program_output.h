// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/result.h"

namespace inlet53::net {

/// Maximum number of bytes that `program_output` keeps. It drops the rest.
inline constexpr size_t kMaxProgramOutput = 4096;

/// Runs a program without input and returns its output from stdout and stderr. Waits until the
/// program has closed both, at most `timeout_ms`, then kills it with its process group.
/// `arguments` starts with the program's name; a name without a slash is looked up in PATH.
/// Errors: the reason why it cannot run, with its name. Threads: any, but the calling thread waits.
[[nodiscard]] Result<std::string, std::string> program_output(
    const std::vector<std::string>& arguments, uint64_t timeout_ms);

}  // namespace inlet53::net
