#pragma once

#include <string>

namespace inlet53::app {

/// `inlet53 ca`.
struct CaOptions {
  std::string config;  // whose authority and endpoints; or
  std::string folder;  // an authority alone
  bool json = false;   // -o json
};

/// Shows the local certificate authority and, with a configuration, the gateway's certificate;
/// makes what is not there. Returns kExitOk, kExitFailure or kExitConfiguration.
[[nodiscard]] int run_ca(const CaOptions& options);

}  // namespace inlet53::app
