// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "values.h"
#include <toml++/toml.h>

#include "inlet53/base/result.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/topology/validate.h"

namespace inlet53::config {

using topology::KeyPath;

/// Line and column, both from 1; 0: no place.
struct Place {
  uint32_t line = 0;
  uint32_t column = 0;
};

[[nodiscard]] Place place_of(const toml::node& node) noexcept;
[[nodiscard]] Place place_of(const toml::key& key) noexcept;

/// Parses TOML text. Errors: the first error of the parser, with its place.
[[nodiscard]] Result<toml::table, ConfigError> parse_document(std::string_view text,
                                                              const std::string& file);

/// Returns the table at `path`, null when there is none. Lifetime: the document's.
[[nodiscard]] const toml::table* find_table(const toml::table& document,
                                            const KeyPath& path) noexcept;

/// Returns the place of `path` in the document, or that of the deepest table or list above it that
/// exists.
[[nodiscard]] Place find_place(const toml::table& document, const KeyPath& path) noexcept;

/// State that the readers of one file share.
struct Reading {
  std::string file;              // name of the file in errors
  std::filesystem::path folder;  // absolute; relative paths in the file start here
  std::vector<ConfigError> errors;
  /// True when a value is missing or invalid, so that values that depend on it cannot be checked.
  bool values_lost = false;
  /// Every key that a reader asked for and every key in the file, with `*` for names and `[]` for
  /// indices in lists: `resolver_endpoint.*.ip_address[].subnet`. A test compares the commented
  /// reference with them.
  std::set<std::string> known_keys;
  std::set<std::string> used_keys;

  void add(Place place, const KeyPath& path, std::string message);
};

enum class Need : uint8_t { Optional, Required };

/// Reads one TOML table key by key and records which keys were read, so that it can report every
/// other key, with the nearest known one. Adds errors to the Reading and continues.
///
///     root.each_named("function", [&](TableReader& in) {
///       in.read("memory_size", Need::Optional, memory_size, in_range<uint32_t>(parse_number, …));
///     });
///
/// Lifetime: not longer than the document and the Reading.
class TableReader {
 public:
  TableReader(Reading& reading, const toml::table& table) : reading_(reading), table_(table) {}
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  [[nodiscard]] Reading& reading() noexcept { return reading_; }
  [[nodiscard]] const Reading& reading() const noexcept { return reading_; }
  [[nodiscard]] const KeyPath& path() const noexcept { return path_; }
  /// Returns the table's own name, `demo` in `[vpc.demo]`. Requires: the table has a name.
  [[nodiscard]] const std::string& name() const { return std::get<std::string>(path_.back()); }
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }

  /// Returns the place of the value of `key`; 0 when there is none.
  [[nodiscard]] Place place_of_value(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node == nullptr ? Place{} : place_of(*node);
  }

  /// Reads one value: `parse` converts its node to a Value that can be assigned to `out`. Leaves
  /// `out` unchanged when the key is absent or invalid.
  template <class T, class Parse>
  void read(std::string_view key, Need need, T& out, const Parse& parse) {
    const toml::node* node = find(key, need);
    if (node == nullptr) return;
    auto value = parse(*node);
    if (!value) return lose(place_of(*node), below(key), std::move(value).error());
    out = *std::move(value);
  }

  /// Reads a list of values, each with `parse`.
  template <class T, class Parse>
  void read_list(std::string_view key, Need need, std::vector<T>& out, const Parse& parse) {
    const toml::array* array = find_array(key, need);
    if (array == nullptr) return;
    for (size_t i = 0; i < array->size(); ++i) {
      auto value = parse((*array)[i]);
      if (!value) {
        lose(place_of((*array)[i]), below(key, i), std::move(value).error());
        continue;
      }
      out.push_back(*std::move(value));
    }
  }

  /// Reads a table of strings, `{ name = "value" }`, in the order of the file. `Named` is
  /// constructed from a name and a text.
  template <class Named>
  void read_texts(std::string_view key, std::vector<Named>& out) {
    for (const Entry& entry : entries_of(find_table(key, Need::Optional))) {
      Value<std::string> text = parse_text(*entry.node);
      if (text) {
        out.push_back({entry.key, *std::move(text)});
      } else {
        KeyPath path = below(key);
        path.emplace_back(entry.key);
        lose(place_of(*entry.node), path, text.error());
      }
    }
  }

  /// Reads a table below this one if it exists: `[server]`.
  template <class Read>
  void section(std::string_view key, const Read& read, Need need = Need::Optional) {
    if (const toml::table* table = find_table(key, need)) enter(*table, below(key), key, read);
  }

  /// Reads each table of a table of named tables, in the order of the file: `[vpc.demo]`.
  template <class Read>
  void each_named(std::string_view key, const Read& read) {
    for (const auto& [name, table] : find_named_tables(key)) {
      KeyPath path = below(key);
      path.emplace_back(name);
      enter(*table, std::move(path), concat(key, ".*"), read);
    }
  }

  /// Reads each table of a list of tables: `[[resolver_endpoint.inbound.ip_address]]`.
  template <class Read>
  void each(std::string_view key, const Read& read) {
    for (const auto& [index, table] : find_tables(key)) {
      enter(*table, below(key, index), concat(key, "[]"), read);
    }
  }

  /// Reads each table of this one that was not read yet, in the order of the file: `GET` in
  /// `[rest_api.hello.resource."/hello".GET]`.
  template <class Read>
  void each_other(const Read& read) {
    for (const auto& [name, table] : find_other_tables()) enter(*table, below(name), "*", read);
  }

  /// Reports each of `keys` that exists as not supported yet. `what`: the feature that it is part
  /// of.
  void refuse_for_now(std::string_view what, std::initializer_list<std::string_view> keys);

  /// Reports an error at the value of `key`, or at this table when `key` is absent or empty.
  void report(std::string_view key, std::string message);

  /// Reports every key that was not read as unknown. Call it last.
  void finish();

 private:
  TableReader(Reading& reading, const toml::table& table, KeyPath path, std::string pattern)
      : reading_(reading), table_(table), path_(std::move(path)), pattern_(std::move(pattern)) {}

  template <class Read>
  void enter(const toml::table& table, KeyPath path, std::string_view pattern, const Read& read) {
    TableReader reader(reading_, table, std::move(path), pattern_of(pattern));
    read(reader);
    reader.finish();
  }

  struct Entry {
    std::string key;
    Place place;  // of the key
    const toml::node* node;
  };
  /// Returns the entries of a table in the order of the file; empty for null.
  static std::vector<Entry> entries_of(const toml::table* table);

  [[nodiscard]] KeyPath below(std::string_view key) const;
  [[nodiscard]] KeyPath below(std::string_view key, size_t index) const;
  [[nodiscard]] std::string pattern_of(std::string_view key) const;

  /// Returns the value of a key, null when it is absent, and records the key as known.
  const toml::node* find(std::string_view key, Need need);
  const toml::array* find_array(std::string_view key, Need need);
  const toml::table* find_table(std::string_view key, Need need);
  std::vector<std::pair<std::string, const toml::table*>> find_named_tables(std::string_view key);
  std::vector<std::pair<std::string, const toml::table*>> find_other_tables();
  std::vector<std::pair<size_t, const toml::table*>> find_tables(std::string_view key);

  void lose(Place place, const KeyPath& path, std::string message);

  Reading& reading_;
  const toml::table& table_;
  KeyPath path_;
  std::string pattern_;
  std::vector<std::string> asked_;
  std::vector<std::string> refused_;  // not supported yet
};

}  // namespace inlet53::config
