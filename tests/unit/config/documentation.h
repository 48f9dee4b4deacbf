// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "read_config.h"

#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/settings/settings.h"

/// Checks that `conf/inlet53.toml` describes each row of the tables of settings.
namespace inlet53::config {

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

/// A comment of the reference, and the keys below it.
struct Block {
  std::string section;
  std::vector<std::string> comment;  // its lines
  std::vector<std::string> keys;     // the lines below
};

inline std::vector<Block> blocks_of(const std::string& text) {
  std::vector<Block> blocks(1);
  std::istringstream lines(text);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
    const bool is_comment = line.starts_with('#');
    if (line.empty() || line.starts_with('[') || (is_comment && !blocks.back().keys.empty())) {
      blocks.emplace_back();
    }
    blocks.back().section = section;
    if (!line.starts_with('['))
      (is_comment ? blocks.back().comment : blocks.back().keys).push_back(line);
  }
  return blocks;
}

/// The reference, and the configurations of it and of an empty file.
struct Reference {
  explicit Reference(const std::string& text) : blocks(blocks_of(text)) {
    Reading of_shown, of_empty;
    read_config(text, "/etc/x.toml", shown, of_shown);
    read_config("", "/etc/x.toml", empty, of_empty);
  }

  std::vector<Block> blocks;
  Config shown;
  Config empty;
};

/// The place of a key in the reference.
struct Shown {
  bool as_comment = false;  // `#   key = …`, because another key excludes it
  std::string comment;      // in one line
};

inline std::optional<Shown> find_shown(const std::vector<Block>& blocks, std::string_view section,
                                       std::string_view key) {
  const auto has = [](const std::vector<std::string>& lines, const std::string& start) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.starts_with(start); });
  };
  for (const Block& block : blocks) {
    if (block.section != section) continue;
    const bool as_comment = has(block.comment, concat("#   ", key, " = "));
    if (!as_comment && !has(block.keys, concat(key, " = "))) continue;
    Shown shown{as_comment, ""};
    for (const std::string& line : block.comment) shown.comment += line.substr(1);
    return shown;
  }
  return std::nullopt;
}

constexpr const char* kValue = R"(("[^"]*"|[0-9][0-9.]*[0-9]|[0-9]|true|false))";

/// Returns every value that a comment names.
inline std::vector<std::string> values_in(const std::string& comment) {
  const std::regex pattern(kValue);
  return {std::sregex_token_iterator(comment.begin(), comment.end(), pattern),
          std::sregex_token_iterator()};
}

/// Returns the values that a comment calls a default: `default 5`, `Defaults: "a", "b"`,
/// `"a" (default)`, `"a", the default`.
inline std::vector<std::string> defaults_in(const std::string& comment) {
  const std::regex before(concat("[Dd]efaults?:? ", kValue, "(?:, ", kValue, ")?"));
  const std::regex after(concat(kValue, ",? (?:the default|\\(default\\))"));
  std::vector<std::string> found;
  for (const std::regex& pattern : {before, after}) {
    for (std::sregex_iterator each(comment.begin(), comment.end(), pattern), end; each != end;
         ++each) {
      for (size_t i = 1; i < each->size(); ++i) {
        if ((*each)[i].matched) found.push_back((*each)[i].str());
      }
    }
  }
  return found;
}

/// Returns the upper bound of a form, as the reference writes it. Empty: the form has no range.
inline std::string upper_bound_of(const settings::Text& form) { return concat(form.octets.most); }
inline std::string upper_bound_of(const settings::TextOrOctets& form) {
  return concat(form.octets.most);
}
inline std::string upper_bound_of(const settings::SocketPath& form) { return concat(form.most); }
inline std::string upper_bound_of(const settings::Numbers& form) { return concat(form.range.most); }
inline std::string upper_bound_of(const settings::Decimal& form) { return concat(form.range.most); }
template <class Form>
std::string upper_bound_of(const Form&) {
  return "";
}

/// Tells whether a comment names the upper bound of a range.
template <class Section, class Row>
bool names_upper_bound(const std::string& comment, const Section& section, const Row& row) {
  const std::vector<std::string> values = values_in(comment);
  if constexpr (std::is_same_v<decltype(row.form), settings::Amount>) {
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      const OneKey one = read_key_as(section.name, row.key, value);
      return value_of(one.config.settings, section, row) == row.form.range.most;
    });
  } else {
    const std::string most = upper_bound_of(row.form);
    return most.empty() || std::find(values.begin(), values.end(), most) != values.end();
  }
}

template <class Value>
bool is_none(const Value& value) {
  if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    return false;
  }
}

/// Returns the fault of the reference's comment on one row. Empty: it has none.
template <class Section, class Row>
std::string documentation_fault(const Reference& reference, const Section& section,
                                const Row& row) {
  const std::string name = concat('[', section.name, "] ", row.key, " (", row.help, ") ");
  const std::optional<Shown> shown = find_shown(reference.blocks, section.name, row.key);
  if (!shown) return concat(name, "is not in conf/inlet53.toml");
  if (!names_upper_bound(shown->comment, section, row)) {
    return concat(name, "has an upper bound that the comment does not name");
  }
  const auto& expected = value_of(reference.empty.settings, section, row);
  if (is_none(expected)) {
    return std::regex_search(shown->comment, std::regex("[Dd]efaults?:? "))
               ? ""
               : concat(name, "has no default, and the comment does not explain that");
  }
  if (!shown->as_comment && value_of(reference.shown.settings, section, row) != expected) {
    return concat(name, "has a value that is not its default");
  }
  for (const std::string& value : defaults_in(shown->comment)) {
    const OneKey one = read_key_as(section.name, row.key, value);
    if (one.reading.errors.empty() && value_of(one.config.settings, section, row) == expected) {
      return "";
    }
  }
  return concat(name, "has a default that the comment does not name");
}

/// Calls `visit(section, row)` for each row of both daemons.
template <class Visit>
void each_setting(const Visit& visit) {
  const auto visit_section = [&](const auto& section) {
    settings::each_row(section, [&](const auto& row) { visit(section, row); });
  };
  settings::each_section(settings::kDnsTable, visit_section);
  settings::each_section(settings::kHttpsTable, visit_section);
}

}  // namespace inlet53::config
