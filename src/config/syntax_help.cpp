// SPDX-License-Identifier: Apache-2.0
#include "syntax_help.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "values.h"

#include "inlet53/base/text.h"

namespace inlet53::config {

namespace {

using Help = std::optional<std::string>;

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_bare(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

//--- Lines

std::string_view line_at(std::string_view text, uint32_t number) {
  for (uint32_t i = 1; i < number; ++i) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// Returns the position of the first byte of `stops` outside quotes; npos when there is none.
size_t find_unquoted(std::string_view line, std::string_view stops) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = 0;
    } else if (contains(stops, {&c, 1})) {
      return i;
    } else if (c == '"' || c == '\'') {
      quote = c;
    }
  }
  return std::string_view::npos;
}

/// Line without its comment: a key and a value if it has `=`, otherwise only a value.
struct Line {
  std::string_view text;
  std::string_view key;
  std::string_view value;
  bool has_equals = false;
};

Line cut(std::string_view line) {
  const std::string_view text = trimmed(line.substr(0, find_unquoted(line, "#")));
  const size_t equals = find_unquoted(text, "=");
  if (equals == std::string_view::npos) return {text, {}, text, false};
  return {text, trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)), true};
}

/// Returns the first line that is neither empty nor a comment.
std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && line[0] != '#') return line;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return {};
}

//--- Values

constexpr std::string_view kTypographicQuotes[] = {"“", "”", "„", "‟", "‘",
                                                   "’", "‚", "«", "»", "`"};

/// Returns a line without its quoted strings. A string that is not closed stays.
std::string without_texts(std::string_view line) {
  std::string rest;
  while (!line.empty()) {
    const size_t first = std::min(line.find_first_of("\"'"), line.size());
    const size_t last = first < line.size() ? line.find(line[first], first + 1) : line.npos;
    if (last == std::string_view::npos) return rest += line;
    rest += line.substr(0, first);
    line.remove_prefix(last + 1);
  }
  return rest;
}

std::string_view find_typographic_quote(std::string_view text) {
  for (const std::string_view quote : kTypographicQuotes) {
    if (contains(text, quote)) return quote;
  }
  return {};
}

std::string_view without_outer_quotes(std::string_view text) {
  constexpr std::string_view kPlain[] = {"\"", "'"};
  const auto strip = [&text](std::string_view quote) {
    if (text.starts_with(quote)) text.remove_prefix(quote.size());
    if (text.ends_with(quote)) text.remove_suffix(quote.size());
  };
  for (const std::string_view quote : kTypographicQuotes) strip(quote);
  for (const std::string_view quote : kPlain) strip(quote);
  return text;
}

bool is_number(std::string_view word) {
  if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
  const size_t dots = static_cast<size_t>(std::count(word.begin(), word.end(), '.'));
  const bool has_leading_zero = word.size() > 1 && word[0] == '0' && word[1] != '.';
  return !word.empty() && word.find_first_not_of("0123456789.") == std::string_view::npos &&
         dots <= 1 && word.front() != '.' && word.back() != '.' && !has_leading_zero;
}

bool is_quoted(std::string_view word) {
  return word.size() >= 2 && (word[0] == '"' || word[0] == '\'') && word.back() == word[0];
}

// 0 and 1 are numbers here, not booleans.
std::string_view boolean_of(std::string_view word) {
  return word == "0" || word == "1" ? std::string_view() : boolean_for(word);
}

std::string assignment(std::string_view key, std::string_view value) {
  const std::string_view name = without_outer_quotes(key);
  const bool is_plain =
      std::all_of(name.begin(), name.end(), [](char c) { return is_bare(c) || c == '.'; });
  return concat(is_plain ? std::string(name) : quoted_text(name), " = ", toml_value(value));
}

/// Returns the correction of a line: its key and value, or a value in a list.
std::string instead_of(const Line& line, std::string_view value) {
  return line.has_equals ? assignment(line.key, value) : toml_value(value);
}

//--- Files of other kinds

constexpr std::string_view kToml = "a configuration is TOML";

Help explain_encoding(std::string_view text, std::string_view description) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return "this file is UTF-16: save it as UTF-8";
  }
  if (contains(description, "utf-8")) return "this is not UTF-8: save the file as UTF-8";
  return {};
}

Help explain_format(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view line = first_line(text);
  const bool is_json_list = line == "[" || line.starts_with("[{") || line.starts_with("[ {");
  if (line.starts_with('{') || is_json_list) {
    return concat("this file is JSON, and ", kToml,
                  R"(: write region = "eu-west-1" for "region": "eu-west-1", and [vpc.main] for )"
                  R"("vpc": {"main": {}})");
  }
  if (line.starts_with("---") || line.starts_with("%YAML")) {
    return concat("this file is YAML, and ", kToml,
                  R"(: write region = "eu-west-1" for region: eu-west-1, and [vpc.main] above the )"
                  "keys of an object");
  }
  if (line.starts_with('<')) return concat("this file is XML, and ", kToml);
  if (line.starts_with("$ORIGIN") || line.starts_with("$TTL")) {
    return "this file is a zone: a configuration names it, as file of a [hosted_zone.NAME]";
  }
  return {};
}

//--- Lines of other formats

Help explain_comment(const Line& line) {
  for (const std::string_view mark : {"//", "/*", ";", "--"}) {
    if (line.text.starts_with(mark)) return concat("a comment begins with #, not with ", mark);
  }
  return {};
}

/// Explains `region: eu-west-1`, `"region": "eu-west-1",`, `- item`, `vpc:`.
Help explain_colon(const Line& line) {
  if (line.text.starts_with("- ")) {
    return concat("this is YAML, and ", kToml, ": write a list in [ ], as in [",
                  toml_value(trimmed(line.text.substr(2))), "]");
  }
  const size_t colon = find_unquoted(line.text, ":");
  if (colon == std::string_view::npos) return {};
  const std::string_view key = trimmed(line.text.substr(0, colon));
  const std::string_view name = without_outer_quotes(key);
  if (name.empty() || (!is_quoted(key) && !std::all_of(key.begin(), key.end(), [](char c) {
        return is_bare(c) || c == '.';
      }))) {
    return {};
  }
  std::string_view value = trimmed(line.text.substr(colon + 1));
  if (value.ends_with(',')) value.remove_suffix(1);
  if (value.starts_with('=')) value = trimmed(value.substr(1));
  if (value.empty() || value == "{") {
    return concat(kToml, ", not YAML or JSON: write [", name, "] above the keys of a table");
  }
  return concat("= stands between a key and its value, not \":\": write ", assignment(key, value));
}

//--- Mistakes in TOML

/// Returns the line before `place` that has the same key in the same table, or the same table.
std::optional<uint32_t> find_before(std::string_view text, Place place, const Line& here) {
  std::optional<uint32_t> before;
  for (uint32_t number = 1; number < place.line && !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const Line line = cut(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (here.key.empty()) {
      if (line.text == here.text) before = number;
      continue;
    }
    if (line.text.starts_with('[')) before.reset();
    if (line.key == here.key) before = number;
  }
  return before;
}

Help explain_again(std::string_view text, Place place, std::string_view description) {
  if (!contains(description, "cannot redefine")) return {};
  const Line here = cut(line_at(text, place.line));
  const std::optional<uint32_t> before = find_before(text, place, here);
  const std::string where = before ? concat(" in line ", *before) : std::string();
  if (here.key.empty()) {
    return concat(here.text, " is there already", where,
                  ": a table stands once; each table of a list of tables begins with [[ ]]");
  }
  return concat(here.key, " is there already", where, ": a key stands once in a table");
}

Help explain_text(const Line& line, std::string_view description) {
  if (contains(description, "escape sequence")) {
    return concat(
        "\\ begins an escape in a text in double quotes: write \\\\ for each, or the text "
        "in single quotes, ",
        line.has_equals ? concat(line.key, " = ") : std::string(), '\'',
        without_outer_quotes(line.value), '\'');
  }
  const bool is_unclosed = contains(description, "parsing string") ||
                           contains(description, "parsing literal string") ||
                           contains(description, "parsing basic string");
  const bool is_one_line = line.value.starts_with('"') || line.value.starts_with('\'');
  if (is_unclosed && is_one_line &&
      (contains(description, "control characters") || contains(description, "end-of-file"))) {
    return concat("the text has no quote at its end: write ",
                  instead_of(line, quoted_text(without_outer_quotes(line.value))));
  }
  return {};
}

Help explain_header(const Line& line, std::string_view description) {
  const bool is_header = line.text.starts_with('[') && !line.has_equals;
  if (!is_header || !(contains(description, "header") || contains(description, "parsing key"))) {
    return {};
  }
  const bool is_list = line.text.starts_with("[[");
  std::string_view name = line.text;
  while (name.starts_with('[')) name.remove_prefix(1);
  while (name.ends_with(']')) name.remove_suffix(1);
  name = trimmed(name);
  if (name.empty()) return "the name of the table is missing: write it as in [vpc.main]";
  std::string parts;
  for (size_t at = 0; at <= name.size();) {
    const size_t dot = std::min(find_unquoted(name.substr(at), "."), name.size() - at);
    const std::string_view part = trimmed(name.substr(at, dot));
    const bool is_plain = !part.empty() && std::all_of(part.begin(), part.end(), is_bare);
    if (!parts.empty()) parts += '.';
    parts +=
        is_plain || is_quoted(part) ? std::string(part) : quoted_text(without_outer_quotes(part));
    at += dot + 1;
  }
  return concat("this is not the name of a table in brackets: write ",
                is_list ? concat("[[", parts, "]]") : concat('[', parts, ']'));
}

/// Returns the element of a list that is no value.
std::string_view wrong_element(std::string_view list) {
  if (list.starts_with('[')) list.remove_prefix(1);
  if (list.ends_with(']')) list.remove_suffix(1);
  while (!list.empty()) {
    const size_t comma = std::min(find_unquoted(list, ","), list.size());
    const std::string_view part = trimmed(list.substr(0, comma));
    if (!part.empty() && toml_value(part) != part) return part;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return {};
}

Help explain_list(const Line& line, std::string_view description) {
  if (contains(description, "parsing array") && contains(description, "expected comma")) {
    return "a comma is missing between two values of a list, or the ] at its end";
  }
  const bool is_element = !line.has_equals && !contains(description, "expected '='");
  const bool is_list = line.value.starts_with('[') || is_element;
  const std::string_view part = is_list ? wrong_element(line.value) : std::string_view();
  if (part.empty()) return {};
  return concat("each text in a list stands in quotes: write ", toml_value(part), " for ", part);
}

Help explain_value(const Line& line) {
  std::string_view value = line.value;
  if (value.starts_with('=')) {
    return concat("one = is enough: write ", assignment(line.key, trimmed(value.substr(1))));
  }
  if (value.ends_with(';') || value.ends_with(',')) {
    return concat("nothing stands behind a value: write ",
                  assignment(line.key, trimmed(value.substr(0, value.size() - 1))));
  }
  const std::string lower = ascii_lower(value);
  if (is_one_of(lower, {"null", "nil", "none", "~", "undefined"})) {
    return concat("TOML has no ", value, ": leave the key out");
  }
  if (!boolean_of(value).empty()) {
    // Some keys have the word "off".
    const std::string text = is_one_of(lower, {"on", "off"})
                                 ? concat(", or as a text ", line.key, " = ", quoted_text(value))
                                 : std::string();
    return concat("true and false are the only two of their kind: write ",
                  assignment(line.key, value), text);
  }
  const bool is_digits = value.find_first_not_of("0123456789") == std::string_view::npos;
  if (value.size() > 1 && value[0] == '0' && is_digits) {
    const size_t first = std::min(value.find_first_not_of('0'), value.size() - 1);
    return concat("a number does not begin with 0: write ", line.key, " = ", value.substr(first),
                  ", or as a text ", line.key, " = ", quoted_text(value));
  }
  const size_t equals = find_unquoted(value, "=");
  if (equals != std::string_view::npos && !value.starts_with('{')) {
    return "each key stands on a line of its own";
  }
  if (is_quoted(value) || toml_value(value) == value) return {};
  return concat("a text stands in quotes: write ", assignment(line.key, value));
}

Help explain_line(const Line& line, std::string_view description) {
  const std::string rest = without_texts(line.text);
  if (const std::string_view quote = find_typographic_quote(rest); !quote.empty()) {
    std::string plain(line.text);
    for (const std::string_view each : kTypographicQuotes) {
      for (size_t at = plain.find(each); at != std::string::npos; at = plain.find(each)) {
        plain.replace(at, each.size(), "\"");
      }
    }
    return concat(quote, " is not a quote of TOML: write ", plain);
  }
  if (contains(rest, "\xc2\xa0")) return "this is a no-break space: write a plain one";
  if (Help help = explain_comment(line)) return help;
  if (Help help = explain_header(line, description)) return help;
  if (Help help = explain_colon(line)) return help;
  if (!line.has_equals) {
    if (Help help = explain_list(line, description)) return help;
    const size_t blank = line.text.find_first_of(" \t");
    if (!contains(description, "expected '='") || blank == std::string_view::npos) return {};
    return concat("= is missing between the key and its value: write ",
                  assignment(line.text.substr(0, blank), trimmed(line.text.substr(blank))));
  }
  if (line.key.empty()) return "the key before = is missing";
  if (!is_quoted(line.key) && line.key.find_first_of(" \t") != std::string_view::npos) {
    return concat("a key with a space stands in quotes: write ", assignment(line.key, line.value));
  }
  if (line.value.empty()) return concat("the value is missing: write it behind ", line.key, " =");
  if (line.value.starts_with('{')) {
    if (!contains(description, "parsing inline table")) return {};
    return concat("a table in { } stands on one line: write it so, or as [", line.key,
                  "] with a line for each key");
  }
  if (Help help = explain_list(line, description)) return help;
  return explain_value(line);
}

}  // namespace

std::string toml_value(std::string_view written) {
  if (const std::string_view boolean = boolean_of(written); !boolean.empty()) {
    return std::string(boolean);
  }
  const bool is_value = is_quoted(written) || is_number(written) || written.starts_with('[') ||
                        written.starts_with('{');
  return is_value ? std::string(written) : quoted_text(without_outer_quotes(written));
}

std::string explain_syntax_error(std::string_view text, Place place, std::string_view description) {
  if (Help help = explain_encoding(text, description)) return *std::move(help);
  if (Help help = explain_format(text)) return *std::move(help);
  if (contains(description, "after '\\r'")) {
    return "this line ends with CR alone: save the file with LF or CR LF at the ends of lines";
  }
  if (Help help = explain_again(text, place, description)) return *std::move(help);
  const Line line = cut(line_at(text, place.line));
  const bool is_plain = find_typographic_quote(without_texts(line.text)).empty();
  if (Help help = is_plain ? explain_text(line, description) : Help()) return *std::move(help);
  if (Help help = explain_line(line, description)) return *std::move(help);
  return std::string(description);
}

}  // namespace inlet53::config
