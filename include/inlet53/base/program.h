// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace inlet53 {

/// Runs the body of `main` of each of the three programs. Returns the exit code.
///
/// Before `run`, opens those of the descriptors 0, 1 and 2 that are closed
/// (`open_standard_streams`) and sets the name of the operator log. Lost output to stdout is a
/// failure. An exception that leaves `run` is logged and gives exit code 1: the system has too
/// little memory, or gives no thread. An exception that would leave another thread or a callback of
/// a C library is logged too and ends the process at once, without destructors. Threads: the main
/// thread, before others start.
[[nodiscard]] int run_program(std::string_view name, const std::function<int()>& run) noexcept;

/// Opens those of the descriptors 0, 1 and 2 that are closed, so that no socket and no log gets the
/// number of a standard stream. Then reading returns end of file, text written to stderr is
/// dropped, and writing to stdout fails. Returns false when the system refuses.
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
