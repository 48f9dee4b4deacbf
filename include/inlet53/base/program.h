// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace inlet53 {

/// Runs a program: what `main` does, in each of the three. Returns the exit code.
///
/// Before `run`, closed descriptors among 0, 1 and 2 are opened (`open_standard_streams`), and the
/// operator log gets `name`. Output to stdout that is lost is a failure, too. An exception that
/// leaves `run` is logged, and the exit code is 1: the system has too little memory, or no thread
/// to give. One that would leave another thread or a callback of a C library ends the process in
/// the same way, at once and without destructors. Threads: the main thread, before others start.
[[nodiscard]] int run_program(std::string_view name, const std::function<int()>& run) noexcept;

/// Opens those of the descriptors 0, 1 and 2 that are closed, so that no socket and no log gets the
/// number of a standard stream. Reading then finds the end, writing to stderr goes nowhere, and
/// writing to stdout fails: its output is lost. Returns false when the system refuses.
[[nodiscard]] bool open_standard_streams() noexcept;

/// Exit codes of the tool and of the daemons.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,
  kExitUsage = 2,
  kExitConfiguration = 3,
  kExitCannotBind = 4,
};

}  // namespace inlet53
