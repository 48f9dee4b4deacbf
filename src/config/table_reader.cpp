// SPDX-License-Identifier: Apache-2.0
#include "table_reader.h"

#include <algorithm>

#include "syntax_help.h"

namespace inlet53::config {
namespace {

/// Returns the node one step below, null when there is none.
const toml::node* step_into(const toml::node& node, const topology::KeyStep& step) noexcept {
  if (const auto* index = std::get_if<size_t>(&step)) {
    const toml::array* array = node.as_array();
    return array == nullptr ? nullptr : array->get(*index);
  }
  const toml::table* table = node.as_table();
  return table == nullptr ? nullptr : table->get(std::get<std::string>(step));
}

}  // namespace

Place place_of(const toml::node& node) noexcept {
  return {node.source().begin.line, node.source().begin.column};
}

Place place_of(const toml::key& key) noexcept {
  return {key.source().begin.line, key.source().begin.column};
}

Result<toml::table, ConfigError> parse_document(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, std::string_view(file));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return Unexpected(
        ConfigError{file, at.line, at.column, "",
                    explain_syntax_error(text, {at.line, at.column}, error.description())});
  }
}

const toml::table* find_table(const toml::table& document, const KeyPath& path) noexcept {
  const toml::node* node = &document;
  for (const topology::KeyStep& step : path) {
    node = step_into(*node, step);
    if (node == nullptr) return nullptr;
  }
  return node->as_table();
}

Place find_place(const toml::table& document, const KeyPath& path) noexcept {
  const toml::node* node = &document;
  for (const topology::KeyStep& step : path) {
    const toml::node* next = step_into(*node, step);
    if (next == nullptr) break;
    node = next;
  }
  return place_of(*node);
}

void Reading::add(Place place, const KeyPath& path, std::string message) {
  errors.push_back({file, place.line, place.column, topology::to_text(path), std::move(message)});
}

KeyPath TableReader::below(std::string_view key) const {
  KeyPath path = path_;
  path.emplace_back(std::string(key));
  return path;
}

KeyPath TableReader::below(std::string_view key, size_t index) const {
  KeyPath path = below(key);
  path.emplace_back(index);
  return path;
}

std::string TableReader::pattern_of(std::string_view key) const {
  return pattern_.empty() ? std::string(key) : concat(pattern_, '.', key);
}

const toml::node* TableReader::find(std::string_view key, Need need) {
  asked_.emplace_back(key);
  const std::string pattern = pattern_of(key);
  reading_.known_keys.insert(pattern);
  const toml::node* node = table_.get(key);
  if (node != nullptr) {
    reading_.used_keys.insert(pattern);
  } else if (need == Need::Required) {
    lose(place_of(table_), below(key), "this key is missing");
  }
  return node;
}

const toml::array* TableReader::find_array(std::string_view key, Need need) {
  const toml::node* node = find(key, need);
  if (node == nullptr || node->is_array()) return node == nullptr ? nullptr : node->as_array();
  const std::string plain = plain_text(*node);
  const std::string element = node->is_string() ? quoted_text(plain) : plain;
  lose(place_of(*node), below(key),
       wrong_type("a list in [ ]", *node, element.empty() ? "" : concat('[', element, ']')));
  return nullptr;
}

const toml::table* TableReader::find_table(std::string_view key, Need need) {
  const toml::node* node = find(key, need);
  if (node == nullptr || node->is_table()) return node == nullptr ? nullptr : node->as_table();
  const KeyPath path = below(key);
  lose(place_of(*node), path,
       wrong_type(concat("a table, [", topology::to_text(path), ']'), *node));
  return nullptr;
}

std::vector<TableReader::Entry> TableReader::entries_of(const toml::table* table) {
  struct Placed {
    toml::source_position at;
    Entry entry;
  };
  std::vector<Placed> placed;
  if (table == nullptr) return {};
  for (auto entry = table->cbegin(); entry != table->cend(); ++entry) {
    const toml::key& key = entry->first;
    placed.push_back({key.source().begin, {std::string(key.str()), place_of(key), &entry->second}});
  }
  // toml++ sorts keys; the order of the file is needed here.
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.at < b.at; });
  std::vector<Entry> entries;
  entries.reserve(placed.size());
  for (Placed& each : placed) entries.push_back(std::move(each.entry));
  return entries;
}

std::vector<std::pair<std::string, const toml::table*>> TableReader::find_named_tables(
    std::string_view key) {
  std::vector<std::pair<std::string, const toml::table*>> found;
  for (const Entry& entry : entries_of(find_table(key, Need::Optional))) {
    if (const toml::table* table = entry.node->as_table()) {
      found.emplace_back(entry.key, table);
      continue;
    }
    KeyPath path = below(key);
    path.emplace_back(entry.key);
    lose(entry.place, path,
         wrong_type(concat("a table, [", topology::to_text(path), ']'), *entry.node));
  }
  return found;
}

std::vector<std::pair<std::string, const toml::table*>> TableReader::find_other_tables() {
  std::vector<std::pair<std::string, const toml::table*>> found;
  for (const Entry& entry : entries_of(&table_)) {
    const toml::table* table = entry.node->as_table();
    const bool asked = std::find(asked_.begin(), asked_.end(), entry.key) != asked_.end() ||
                       std::find(refused_.begin(), refused_.end(), entry.key) != refused_.end();
    if (table == nullptr || asked) continue;
    found.emplace_back(entry.key, table);
  }
  for (const auto& [name, table] : found) asked_.push_back(name);
  return found;
}

std::vector<std::pair<size_t, const toml::table*>> TableReader::find_tables(std::string_view key) {
  std::vector<std::pair<size_t, const toml::table*>> found;
  const toml::node* node = find(key, Need::Optional);
  if (node == nullptr) return found;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    const KeyPath path = below(key);
    lose(place_of(*node), path,
         wrong_type(concat("a list of tables, [[", topology::to_text(path), "]]"), *node));
    return found;
  }
  for (size_t i = 0; i < array->size(); ++i) {
    const toml::node& element = (*array)[i];
    if (const toml::table* table = element.as_table()) {
      found.emplace_back(i, table);
    } else {
      lose(place_of(element), below(key, i), wrong_type("a table in { }", element));
    }
  }
  return found;
}

void TableReader::report(std::string_view key, std::string message) {
  const toml::node* node = table_.get(key);
  lose(node != nullptr ? place_of(*node) : place_of(table_), key.empty() ? path_ : below(key),
       std::move(message));
}

void TableReader::refuse_for_now(std::string_view what,
                                 std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const auto entry = table_.find(key);
    if (entry == table_.cend()) continue;
    refused_.emplace_back(key);
    reading_.add(place_of(entry->first), below(key), concat("not supported yet: ", what));
  }
}

void TableReader::lose(Place place, const KeyPath& path, std::string message) {
  reading_.values_lost = true;
  reading_.add(place, path, std::move(message));
}

void TableReader::finish() {
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (auto entry = table_.cbegin(); entry != table_.cend(); ++entry) {
    const std::string_view key = entry->first.str();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (std::find(refused_.begin(), refused_.end(), key) != refused_.end()) continue;
    const std::string_view nearest = nearest_word(key, known);
    const std::string hint = nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?");
    reading_.add(place_of(entry->first), below(key), concat("unknown key", hint));
  }
}

}  // namespace inlet53::config
