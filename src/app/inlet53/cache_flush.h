#pragma once

#include <string>

namespace inlet53::app {

/// `inlet53 cache flush`: has a daemon that runs forget what its targets answered.
struct CacheFlushOptions {
  std::string name;         // in presentation form
  bool everything = false;  // and no name
  bool subtree = false;     // what is below `name`, too
  std::string config;       // a configuration file that names the control socket, or none:
  std::string socket;       // that socket
};

/// Prints how many responses were forgotten; what went wrong goes to stderr. Returns the exit code.
[[nodiscard]] int run_cache_flush(const CacheFlushOptions& options);

}  // namespace inlet53::app
