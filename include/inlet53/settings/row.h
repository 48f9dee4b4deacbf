#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

/// The parts of a table of settings: a `Row` for each key, a `Section` for each table of the file.
/// The reader of files, the reload and the tests of `conf/inlet53.toml` walk over the table, so
/// that a new row is all that they need.
namespace inlet53::settings {

//--- Forms: how a file writes a value, and what the value may be

/// From `least` to `most`, both allowed.
struct Range {
  uint64_t least = 0;
  uint64_t most = 0;
};

enum class Unit : uint8_t {
  None,          // a whole number
  Octets,        // a size: "64 MiB", or a number of octets
  Milliseconds,  // a duration: "10 s", or a number of seconds
  Seconds,       // the same, whole seconds
};

/// A whole number, size or duration. The range is in the unit, as the member is.
struct Amount {
  Unit unit = Unit::None;
  Range range;
};

[[nodiscard]] constexpr Amount number(uint64_t least, uint64_t most) {
  return {Unit::None, {least, most}};
}
[[nodiscard]] constexpr Amount octets(uint64_t least, uint64_t most) {
  return {Unit::Octets, {least, most}};
}
[[nodiscard]] constexpr Amount milliseconds(uint64_t least, uint64_t most) {
  return {Unit::Milliseconds, {least, most}};
}
[[nodiscard]] constexpr Amount seconds(uint64_t least, uint64_t most) {
  return {Unit::Seconds, {least, most}};
}

/// A number, with a fraction or without.
struct Decimal {
  Range range;
};

/// true or false.
struct Boolean {};

/// A word and the value that it stands for.
template <class E>
struct Word {
  std::string_view word;
  E value;
};
template <class E>
Word(std::string_view, E) -> Word<E>;

/// One of a few words, in any letter case.
template <class E, size_t N>
struct Words {
  std::array<Word<E>, N> all;
};

template <class E, class... Others>
[[nodiscard]] constexpr auto words(Word<E> first, Others... others) {
  return Words<E, 1 + sizeof...(Others)>{{first, others...}};
}

/// A text of so many octets.
struct Text {
  Range octets;
};

/// A text of so many octets, or "0x" and the octets as hexadecimal digits.
struct TextOrOctets {
  Range octets;
};

/// So many octets as hexadecimal digits. No error shows them.
struct Secret {
  size_t octets = 0;
};

/// A path, relative to the file's folder. The member is absolute.
struct Path {};

/// The name of a program in PATH, or a path.
struct Program {};

/// A list of whole numbers.
struct Numbers {
  Range range;
};

/// A list of blocks of addresses.
struct Cidrs {};

//--- Rows

/// When a daemon takes up a new value.
enum class At : uint8_t { Restart, Reload };

/// One setting. Its default is that of the member, see `default_of`.
template <class Values, class Value, class Form>
struct Row {
  std::string_view key;
  Value Values::*member;
  Form form;
  At changes;
  std::string_view help;
};
template <class Values, class Value, class Form>
Row(std::string_view, Value Values::*, Form, At, std::string_view) -> Row<Values, Value, Form>;

/// One table of the file: its name, where the daemon keeps its values, and its rows.
template <class Daemon, class Values, class... Rows>
struct Section {
  std::string_view name;
  Values Daemon::*values;
  std::tuple<Rows...> rows;
};
template <class Daemon, class Values, class... Rows>
Section(std::string_view, Values Daemon::*, std::tuple<Rows...>)
    -> Section<Daemon, Values, Rows...>;

/// The value of a setting that no file gives.
template <class Values, class Value, class Form>
[[nodiscard]] constexpr Value default_of(const Row<Values, Value, Form>& row) {
  return Values{}.*row.member;
}

/// Calls `visit(section)` for each section of a table.
template <class Table, class Visit>
constexpr void each_section(const Table& table, const Visit& visit) {
  std::apply([&](const auto&... sections) { (visit(sections), ...); }, table);
}

/// Calls `visit(row)` for each row of a section.
template <class Section, class Visit>
constexpr void each_row(const Section& section, const Visit& visit) {
  std::apply([&](const auto&... rows) { (visit(rows), ...); }, section.rows);
}

}  // namespace inlet53::settings
