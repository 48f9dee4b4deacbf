#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace inlet53::app {

/// What `inlet53d` was told on its command line; what is absent is the configuration's.
struct Options {
  std::string config;                    // absolute
  std::optional<std::string> query_log;  // absolute; empty: off
  std::optional<uint32_t> workers;
  std::optional<std::vector<uint32_t>> cpus;
};

/// Parses the command line. An int is the exit code to end with (help, version, usage error): what
/// there is to say has been printed.
[[nodiscard]] std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace inlet53::app
