#include "document.h"

#include "syntax_help.h"

namespace inlet53::config {

namespace {

/// The node one step below, null when there is none.
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

}  // namespace inlet53::config
