#pragma once

#include <string>

namespace inlet53::app {

/// `inlet53 ca`.
struct CaOptions {
  std::string config;  // of the daemons whose certificates are shown; or
  std::string folder;  // the directory of an authority
  bool json = false;   // -o json
};

/// Shows the local certificate authority. With a configuration also the certificates of both
/// daemons; makes or renews what is due. Returns kExitOk, kExitFailure or kExitConfiguration.
[[nodiscard]] int run_ca(const CaOptions& options);

}  // namespace inlet53::app
