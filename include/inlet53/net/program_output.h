// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/result.h"

namespace inlet53::net {

/// Octets that `program_output` keeps; it drops what comes after them.
inline constexpr size_t kMaxProgramOutput = 4096;

/// Runs a program without input and returns what it writes to stdout and stderr. Waits until it
/// has closed both, `timeout_ms` at most, and kills it with its process group.
/// The program's name comes first in `arguments`; a name without a slash is looked up in PATH.
/// Errors: why it cannot be run, with its name. Threads: any, but the calling thread waits.
[[nodiscard]] Result<std::string, std::string> program_output(
    const std::vector<std::string>& arguments, uint64_t timeout_ms);

}  // namespace inlet53::net
