// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "commands.h"

#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/control/control_socket.h"

namespace inlet53::app {

namespace {

// A worker walks over a large cache while it answers queries.
constexpr uint32_t kPatienceMs = 10'000;

}  // namespace

int run_cache_flush(const CacheFlushOptions& options) {
  std::string socket = options.socket;
  if (!options.config.empty()) {
    const auto config = config::load_config(options.config);
    if (!config) {
      for (const config::ConfigError& error : config.error()) std::cerr << error.to_text() << '\n';
      return kExitConfiguration;
    }
    socket = config->settings.dns.control.socket;
    if (socket.empty()) {
      print_error(concat(options.config, ": there is no [control] with a socket"));
      return kExitConfiguration;
    }
  }
  if (options.name.find('\n') != std::string::npos) {
    print_error("a domain name must not contain a line break; write it as \\010");
    return kExitUsage;
  }
  const std::string command = options.everything ? "cache flush all"
                              : options.subtree  ? concat("cache flush subtree ", options.name)
                                                 : concat("cache flush name ", options.name);
  const auto flushed = control::send_command(socket, command, kPatienceMs);
  if (!flushed) {
    print_error(flushed.error());
    return kExitFailure;
  }
  std::cout << "removed " << *flushed << (*flushed == "1" ? " response\n" : " responses\n");
  return kExitOk;
}

}  // namespace inlet53::app
