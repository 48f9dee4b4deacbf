#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "inlet53/base/result.h"
#include "inlet53/config/config.h"
#include "inlet53/topology/validate.h"

namespace inlet53::config {

using topology::KeyPath;

/// A line and a column, both from 1; 0 when there is none.
struct Place {
  uint32_t line = 0;
  uint32_t column = 0;
};

[[nodiscard]] Place place_of(const toml::node& node) noexcept;
[[nodiscard]] Place place_of(const toml::key& key) noexcept;

/// Parses TOML text. The error is the first that the parser meets, with its place.
[[nodiscard]] Result<toml::table, ConfigError> parse_document(std::string_view text,
                                                              const std::string& file);

/// The table at `path`, null when there is none. Lifetime: the document's.
[[nodiscard]] const toml::table* find_table(const toml::table& document,
                                            const KeyPath& path) noexcept;

/// Where `path` is in the document: its own place, or that of the deepest table or list on the way
/// that is there.
[[nodiscard]] Place find_place(const toml::table& document, const KeyPath& path) noexcept;

}  // namespace inlet53::config
