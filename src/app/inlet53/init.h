// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace inlet53::app {

/// The text of conf/starter.toml. The build makes a source of that file, so that an installation
/// needs no further files.
extern const std::string_view kStarterConfiguration;

/// `inlet53 init [FILE]`.
struct InitOptions {
  std::string file = "inlet53.toml";  // "-": standard output
};

/// Writes a starter configuration to a new file and prints the commands that come next, or writes
/// it to standard output. A path that exists is never written to, and a file that cannot be written
/// completely is removed again; both are reported on stderr.
/// Returns kExitOk or kExitFailure.
[[nodiscard]] int run_init(const InitOptions& options);

}  // namespace inlet53::app
