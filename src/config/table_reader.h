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

/// What the readers of one file share.
struct Reading {
  std::string file;              // as errors name it
  std::filesystem::path folder;  // absolute; what paths in the file are relative to
  std::vector<ConfigError> errors;
  /// A value is missing or could not be taken: what depends on it can't be judged any more.
  bool values_lost = false;
  /// Every key that a reader asked for and every one that was there, with `*` for names and `[]`
  /// for places in lists: `resolver_endpoint.*.ip_address[].subnet`. A test holds the commented
  /// reference against them.
  std::set<std::string> known_keys;
  std::set<std::string> used_keys;

  void add(Place place, const KeyPath& path, std::string message);
};

enum class Need : uint8_t { Optional, Required };

/// Reads one TOML table key by key, and remembers which keys were asked for, so that every other
/// one is an error with the nearest of them. Errors go to the Reading; a reader never stops at one.
///
///     root.each_named("function", [&](TableReader& in) {
///       in.read("memory_size", Need::Optional, memory_size, in_range<uint32_t>(parse_number, …));
///     });
///
/// Lifetime: not beyond the document and the Reading.
class TableReader {
 public:
  TableReader(Reading& reading, const toml::table& table) : reading_(reading), table_(table) {}
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  [[nodiscard]] Reading& reading() noexcept { return reading_; }
  [[nodiscard]] const Reading& reading() const noexcept { return reading_; }
  [[nodiscard]] const KeyPath& path() const noexcept { return path_; }
  /// The table's own name, `demo` in `[vpc.demo]`. Requires: the table has a name.
  [[nodiscard]] const std::string& name() const { return std::get<std::string>(path_.back()); }
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }

  /// Finds where the value of `key` stands; 0 when there is none.
  [[nodiscard]] Place place_of_value(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node == nullptr ? Place{} : place_of(*node);
  }

  /// Reads one value: `parse` takes its node and returns a Value that `out` can be assigned from.
  /// `out` keeps what it has when the key is absent or wrong.
  template <class T, class Parse>
  void read(std::string_view key, Need need, T& out, const Parse& parse) {
    const toml::node* node = find(key, need);
    if (node == nullptr) return;
    auto value = parse(*node);
    if (!value) return lose(place_of(*node), below(key), std::move(value).error());
    out = *std::move(value);
  }

  /// Reads a list of values, each by `parse`.
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

  /// Reads a table of texts, `{ name = "value" }`, in the order of the file. `Named` is made of a
  /// name and a text.
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

  /// Reads a table below this one, when it is there: `[server]`.
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

  /// Reads each table of this one that nobody asked for, in the order of the file: `GET` in
  /// `[rest_api.hello.resource."/hello".GET]`.
  template <class Read>
  void each_other(const Read& read) {
    for (const auto& [name, table] : find_other_tables()) enter(*table, below(name), "*", read);
  }

  /// Says that each of `keys` that is there is not supported yet, and of what it is a part.
  void refuse_for_now(std::string_view what, std::initializer_list<std::string_view> keys);

  /// Says that the value of `key`, or this table when it has none or `key` is empty, is
  /// wrong.
  void report(std::string_view key, std::string message);

  /// Says that every key that nobody asked for is unknown. The last thing to do with a reader.
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
    Place place;  // the key's
    const toml::node* node;
  };
  /// What a table holds, in the order of the file; nothing when it is null.
  static std::vector<Entry> entries_of(const toml::table* table);

  [[nodiscard]] KeyPath below(std::string_view key) const;
  [[nodiscard]] KeyPath below(std::string_view key, size_t index) const;
  [[nodiscard]] std::string pattern_of(std::string_view key) const;

  /// The value of a key, null when it is absent; notes that the key is known.
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
