#pragma once

#include <string>

namespace inlet53::app {

/// `inlet53 up FILE`.
struct UpOptions {
  std::string file;
};

/// Starts the daemons that a configuration calls for and watches over them until they are stopped
/// (see Supervisor). Their lines come out on our own stdout and stderr.
/// Returns kExitConfiguration when the file is invalid or calls for nothing, else the Supervisor's.
[[nodiscard]] int run_up(const UpOptions& options);

}  // namespace inlet53::app
