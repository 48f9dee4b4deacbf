// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/topology.h"

namespace inlet53::config {

/// One thing that is wrong with a configuration file. `line` and `column` count from 1; 0 when
/// there is no place (the file can't be opened).
struct ConfigError {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string key;  // dotted, `resolver_endpoint.inbound.ip_address[0].address`
  std::string message;

  /// `conf/demo.toml:12:3: vpc.demo.cidr: unknown key; did you mean "cidr_blocks"?`
  [[nodiscard]] std::string to_text() const;
};

/// The contents of one configuration file.
struct Config {
  std::string file;  // as it was named
  topology::Topology topology;
  settings::Settings settings;
  std::vector<ConfigError> warnings;  // what is doubtful (`topology::warnings`)
};

/// Reads a TOML file into a topology and settings, and validates both.
/// Ids that are left out are generated from the object's key path, the same in every run. Paths in
/// the file are relative to its own folder and come out absolute. Zone files are not read here.
/// Errors: all that are found, in the order of their lines.
/// Threads: any. Source: `conf/inlet53.toml` is the reference of the keys.
[[nodiscard]] Result<Config, std::vector<ConfigError>> load_config(const std::string& path);

/// The same for text in memory; `path` names it in errors and is what paths are relative to.
[[nodiscard]] Result<Config, std::vector<ConfigError>> parse_config(std::string_view toml,
                                                                    const std::string& path);

}  // namespace inlet53::config
