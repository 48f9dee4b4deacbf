// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

/// Types of a table of settings: a `Row` describes one key, a `Section` one table of the file. The
/// reader, the reload and the tests of `conf/inlet53.toml` use all rows, so that none of them
/// changes with a new row.
namespace inlet53::settings {

//--- Forms: the notation of a value in the file, and the values that are allowed

/// The numbers from `least` to `most`, both included.
struct Range {
  uint64_t least = 0;
  uint64_t most = 0;
};

enum class Unit : uint8_t {
  None,          // a whole number
  Octets,        // a size: "64 MiB", or a number of bytes
  Milliseconds,  // a duration: "10 s", or a number of seconds
  Seconds,       // a duration in whole seconds
};

/// A whole number, size or duration. The range and the member have this unit.
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

/// A word and its value.
template <class E>
struct Word {
  std::string_view word;
  E value{};
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

/// A text. `octets` limits its length in bytes.
struct Text {
  Range octets;
};

/// A text, or "0x" and bytes in hexadecimal digits. `octets` limits the length in bytes.
struct TextOrOctets {
  Range octets;
};

/// Bytes in hexadecimal digits, exactly `octets`. Error messages do not show them.
struct Secret {
  size_t octets = 0;
};

/// A path, relative to the file's directory. The member is absolute.
struct Path {};

/// The path of a Unix socket, relative to the file's directory. The member is absolute.
struct SocketPath {
  size_t most = 0;  // bytes of the absolute path
};

/// The name of a program in PATH, or a path.
struct Program {};

/// A list of whole numbers.
struct Numbers {
  Range range;
};

/// A list of blocks of addresses.
struct Cidrs {};

//--- Rows

/// When a new value takes effect.
enum class At : uint8_t { Restart, Reload };

/// One setting. The default is the initial value of the member (`default_of`).
template <class Values, class Value, class Form>
struct Row {
  std::string_view key;
  Value Values::*member = nullptr;
  Form form;
  At changes = At::Restart;
  std::string_view help;
};
template <class Values, class Value, class Form>
Row(std::string_view, Value Values::*, Form, At, std::string_view) -> Row<Values, Value, Form>;

/// One table of the file: its name, the member that holds its values, and its rows.
template <class Daemon, class Values, class... Rows>
struct Section {
  std::string_view name;
  Values Daemon::*values;
  std::tuple<Rows...> rows;
};
template <class Daemon, class Values, class... Rows>
Section(std::string_view, Values Daemon::*, std::tuple<Rows...>)
    -> Section<Daemon, Values, Rows...>;

/// Returns the value of a setting that the file does not give.
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
