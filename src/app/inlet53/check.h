#pragma once

#include <string>

namespace inlet53::app {

/// `inlet53 check FILE`.
struct CheckOptions {
  std::string file;
  bool json = false;  // -o json
};

/// Reads a configuration file and the zone files that it names, as a daemon would, and starts
/// nothing. A sound file is summed up on stdout; faults go to stderr, one a line, as
/// `FILE:LINE:COLUMN: key: what is wrong`. With `json` both are one object on stdout.
/// Returns kExitOk or kExitConfiguration.
[[nodiscard]] int run_check(const CheckOptions& options);

}  // namespace inlet53::app
