// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inlet53 {

namespace text_detail {
inline void append_one(std::string& out, std::string_view text) { out += text; }
inline void append_one(std::string& out, const char* text) { out += text; }
inline void append_one(std::string& out, char c) { out += c; }
template <std::integral N>
requires(!std::same_as<N, char> && !std::same_as<N, bool>) void append_one(std::string& out,
                                                                           N number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}
}  // namespace text_detail

/// Joins texts and whole numbers into one string, for messages on cold paths.
template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
  std::string out;
  (text_detail::append_one(out, parts), ...);
  return out;
}

/// Joins texts with ", " between them, for messages on cold paths.
template <class Texts>
[[nodiscard]] std::string joined(const Texts& texts) {
  std::string out;
  std::string_view separator;
  for (const auto& text : texts) {
    out += concat(separator, text);
    separator = ", ";
  }
  return out;
}

/// Converts A-Z to lower case and leaves every other byte (DNS and AWS ids are ASCII).
[[nodiscard]] std::string ascii_lower(std::string_view text);

/// Decodes pairs of hexadecimal digits in any letter case. Absent when the text is anything else.
[[nodiscard]] std::optional<std::string> parse_hex(std::string_view digits);

/// Returns the candidate that differs least from `word` by insertions, deletions, replacements and
/// swaps; empty when more than a third of the word would have to change for each candidate.
/// Lifetime: the result points into `candidates`.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            const std::vector<std::string_view>& candidates);

/// Appends `text` as a JSON string in quotes. Escapes control characters, quote and backslash.
/// Replaces each byte that is not part of valid UTF-8 by U+FFFD.
/// Source: RFC 8259 §7; Unicode Standard, table 3-7 (well-formed UTF-8).
void append_json_string(std::string& out, std::string_view text);

/// Appends the same without the quotes.
void append_json_escaped(std::string& out, std::string_view text);

/// Returns true when a JSON text nests more than `levels` objects and lists. Each level needs one
/// byte of text, but some hundred bytes of memory after parsing. The result has no meaning for a
/// text that is not JSON. Cost: one pass.
[[nodiscard]] bool nests_deeper_than(std::string_view json, size_t levels) noexcept;

}  // namespace inlet53
