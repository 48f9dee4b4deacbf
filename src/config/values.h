// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/base/text.h"
#include "inlet53/settings/row.h"

/// Conversion of TOML values. The error is a sentence for the operator, without the place.
namespace inlet53::config {

template <class T>
using Value = Result<T, std::string>;

using settings::Range;

/// Returns the type of a TOML value for messages: "a whole number".
[[nodiscard]] std::string_view type_name(const toml::node& node) noexcept;

/// Returns "expected `wanted`, found a whole number: write `instead`"; without the last part when
/// `instead` is empty.
[[nodiscard]] std::string wrong_type(std::string_view wanted, const toml::node& node,
                                     std::string_view instead = {});

/// Returns the content of a string, or the text of a whole number or a boolean; empty for others.
[[nodiscard]] std::string plain_text(const toml::node& node);

/// Returns a text as a TOML string in one line, in double or single quotes.
[[nodiscard]] std::string quoted_text(std::string_view text);

/// Returns "true" for `yes`, `On` and `1`, "false" for `no`; empty for other words.
[[nodiscard]] std::string_view boolean_for(std::string_view word) noexcept;

[[nodiscard]] Value<std::string> parse_text(const toml::node& node);
[[nodiscard]] Value<bool> parse_boolean(const toml::node& node);
[[nodiscard]] Value<IpAddress> parse_ip_address(const toml::node& node);
/// Parses an address with a port other than 0.
[[nodiscard]] Value<SocketAddress> parse_socket_address(const toml::node& node);
[[nodiscard]] Value<Cidr> parse_cidr(const toml::node& node);

/// Range of numbers whose limits topology::validate checks.
inline constexpr Range kAnyNumber{0, UINT32_MAX};

/// Parse whole numbers, sizes ("64 MiB", or a number of bytes) and durations ("10 s", or a number
/// of seconds) within `range`, which has the unit of the function's name.
[[nodiscard]] Value<uint64_t> parse_number(const toml::node& node, Range range);
[[nodiscard]] Value<uint64_t> parse_octets(const toml::node& node, Range range);
[[nodiscard]] Value<uint64_t> parse_milliseconds(const toml::node& node, Range range);
[[nodiscard]] Value<uint64_t> parse_seconds(const toml::node& node, Range range);

/// Parses a number with or without a fraction.
[[nodiscard]] Value<double> parse_decimal(const toml::node& node, Range range);

/// Binds a range to one of the four functions for whole numbers, for a field of type N. Requires: N
/// holds `range.most`.
template <std::unsigned_integral N>
[[nodiscard]] auto in_range(Value<uint64_t> (*parse)(const toml::node&, Range), Range range) {
  return [parse, range](const toml::node& node) -> Value<N> {
    const Value<uint64_t> value = parse(node, range);
    if (!value) return Unexpected(value.error());
    return static_cast<N>(*value);
  };
}

/// Returns a parser of paths relative to `folder`, which makes them absolute.
[[nodiscard]] inline auto path_below(const std::filesystem::path& folder) {
  return [&folder](const toml::node& node) -> Value<std::string> {
    Value<std::string> text = parse_text(node);
    if (!text) return text;
    if (text->empty()) return Unexpected(std::string("the path is empty"));
    if (text->find('\0') != std::string::npos) {
      return Unexpected(std::string("a path holds no NUL character"));
    }
    return (folder / *text).lexically_normal().string();
  };
}

/// Word and its value.
template <class E>
using Choice = settings::Word<E>;

/// Returns "`word` is none of …", with the nearest of the words.
[[nodiscard]] std::string unknown_word(std::string_view word,
                                       const std::vector<std::string_view>& words);

/// Returns a parser of a few words, in any letter case. Lifetime: `choices` outlive the result.
template <class E>
[[nodiscard]] auto one_of(std::span<const Choice<E>> choices) {
  return [choices](const toml::node& node) -> Value<E> {
    const Value<std::string> text = parse_text(node);
    if (!text) return Unexpected(text.error());
    std::vector<std::string_view> words;
    for (const Choice<E>& choice : choices) {
      if (ascii_lower(choice.word) == ascii_lower(*text)) return choice.value;
      words.push_back(choice.word);
    }
    return Unexpected(unknown_word(*text, words));
  };
}

/// Returns the same for words in braces.
template <class E>
[[nodiscard]] auto one_of(std::initializer_list<Choice<E>> choices) {
  return [choices = std::vector(choices)](const toml::node& node) {
    return one_of(std::span<const Choice<E>>(choices))(node);
  };
}

}  // namespace inlet53::config
