// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "readers.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"

/// Reading of configurations in tests, and access to the tables of settings for tests that have one
/// case per row, so that a new row is a new case.
namespace inlet53::config {

using Errors = std::vector<std::string>;

/// Returns the errors of `toml`, without the file's name.
inline Errors errors_of(std::string_view toml) {
  Errors errors;
  const auto config = parse_config(toml, "x.toml");
  if (config) return errors;
  for (const ConfigError& error : config.error()) {
    EXPECT_EQ(error.to_text().substr(0, 7), "x.toml:");
    errors.push_back(error.to_text().substr(7));
  }
  return errors;
}

/// Returns the configuration in `toml`, which must be valid.
inline Config read(std::string_view toml, const std::string& path = "x.toml") {
  auto config = parse_config(toml, path);
  if (!config) {
    ADD_FAILURE() << config.error().front().to_text();
    return {};
  }
  return *std::move(config);
}

/// Returns the settings of one daemon.
template <class Daemon>
const Daemon& part_of(const settings::Settings& settings) {
  if constexpr (std::is_same_v<Daemon, settings::DnsDaemon>) {
    return settings.dns;
  } else {
    return settings.https;
  }
}

/// Returns the value of a row.
template <class Daemon, class Values, class... Rows, class Value, class Form>
const Value& value_of(const settings::Settings& settings,
                      const settings::Section<Daemon, Values, Rows...>& section,
                      const settings::Row<Values, Value, Form>& row) {
  return part_of<Daemon>(settings).*section.values.*row.member;
}

/// Calls `visit(section, row)` for each row of both daemons. Both references stay valid.
template <class Visit>
void each_setting(const Visit& visit) {
  const auto visit_section = [&](const auto& section) {
    settings::each_row(section, [&](const auto& row) { visit(section, row); });
  };
  settings::each_section(settings::kDnsTable, visit_section);
  settings::each_section(settings::kHttpsTable, visit_section);
}

/// Returns `make(section, row)` of each row of both daemons.
template <class Case, class Make>
std::vector<Case> cases_of(const Make& make) {
  std::vector<Case> cases;
  each_setting([&](const auto& section, const auto& row) { cases.push_back(make(section, row)); });
  return cases;
}

/// Returns the name of a case: the section and key of its row, `gateway_max_connections`.
template <class Case>
std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return concat(info.param.section, '_', info.param.key);
}

/// The configuration of a file with one key, and its errors.
struct OneKey {
  Config config;
  Reading reading;
};

inline OneKey read_key_as(std::string_view section, std::string_view key, std::string_view value) {
  OneKey one;
  read_config(concat('[', section, "]\n", key, " = ", value, '\n'), "/etc/x.toml", one.config,
              one.reading);
  return one;
}

}  // namespace inlet53::config
