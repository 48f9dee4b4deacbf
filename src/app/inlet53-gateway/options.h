#pragma once

#include <string>
#include <variant>

namespace inlet53::app {

/// What `inlet53-gateway` was told on its command line.
struct GatewayOptions {
  std::string config;  // absolute
};

/// Parses the command line. An int is the exit code to end with (help, version, usage error): what
/// there is to say has been printed.
[[nodiscard]] std::variant<GatewayOptions, int> parse_gateway_options(int argc, char** argv);

}  // namespace inlet53::app
