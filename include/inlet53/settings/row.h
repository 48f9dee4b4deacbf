// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

/// Types for a table of settings: a `Row` describes one key, a `Section` one table of the file. The
/// reader, the reload and the tests of `conf/inlet53.toml` iterate over the rows, so a new row
/// needs no change in them.
namespace inlet53::settings {

//--- Forms: the notation of a value in the file, and the values that are allowed

/// The numbers from `least` to `most`, both included.
struct Range {
  uint64_t least = 0;
  uint64_t most = 0;
};

/// Unit of a number, and its notation in the file.
enum class Unit : uint8_t {
  None,          // a whole number
  Octets,        // a size in bytes: "64 MiB", or a number of bytes
  Milliseconds,  // a duration in milliseconds: "10 s", or a number of seconds
  Seconds,       // a duration in whole seconds: the same notation
};

/// A whole number, a size or a duration. The range and the member are in this unit.
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

/// A number that may have a fraction.
struct Decimal {
  Range range;
};

/// true or false.
struct Boolean {};

/// A word in the file, and its value in the member.
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

/// A text. `octets`: permitted lengths in bytes.
struct Text {
  Range octets;
};

/// A text, or "0x" and hexadecimal digits. `octets`: permitted lengths in bytes.
struct TextOrOctets {
  Range octets;
};

/// Exactly `octets` bytes in hexadecimal digits. Error messages do not contain them.
struct Secret {
  size_t octets = 0;
};

/// A path; in the file, it is relative to the directory of the file. The member is absolute.
struct Path {};

/// The path of a Unix socket; otherwise as Path.
struct SocketPath {
  size_t most = 0;  // bytes of the absolute path
};

/// A program: a path, or a name that is searched in PATH.
struct Program {};

/// A list of whole numbers.
struct Numbers {
  Range range;
};

/// A list of blocks of addresses.
struct Cidrs {};

//--- Rows

/// Time when a new value takes effect.
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

/// Returns the default of a setting, which it has if the file does not set it.
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

// A sockaddr_un holds 108 bytes, including the NUL.
inline constexpr SocketPath kSocketPath{107};
// groupadd(8): a name has at most 32 characters.
inline constexpr Text kGroup{{1, 32}};

}  // namespace inlet53::settings
