// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/topology.h"

namespace inlet53::config {

/// Error in a configuration file. `line` and `column` count from 1; 0: no place (the file cannot be
/// opened).
struct ConfigError {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string key;  // dotted, `resolver_endpoint.inbound.ip_address[0].address`
  std::string message;

  /// Returns `conf/demo.toml:12:3: vpc.demo.cidr: unknown key; did you mean "cidr_blocks"?`.
  [[nodiscard]] std::string to_text() const;
};

/// Contents of a configuration file.
struct Config {
  std::string file;  // as the caller names it
  topology::Topology topology;
  settings::Settings settings;
  std::vector<ConfigError> warnings;  // from `topology::warnings`
};

/// Reads a TOML file into a topology and settings, and validates both. Generates ids that are left
/// out from the object's key path, so that they are the same in every run. Resolves relative paths
/// against the directory of the file. Does not read zone files.
/// Errors: all errors of the file, in the order of their lines.
/// Threads: any. Source: `conf/inlet53.toml` is the reference of the keys.
[[nodiscard]] Result<Config, std::vector<ConfigError>> load_config(const std::string& path);

/// Parses text in memory; `path` names it in errors and gives the directory for relative paths.
[[nodiscard]] Result<Config, std::vector<ConfigError>> parse_config(std::string_view toml,
                                                                    const std::string& path);

}  // namespace inlet53::config
