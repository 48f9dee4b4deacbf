// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
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

/// Converts A-Z to lower case and leaves every other byte (DNS and AWS ids are ASCII).
[[nodiscard]] std::string ascii_lower(std::string_view text);

/// Decodes pairs of hexadecimal digits in any letter case. Absent when the text is anything else.
[[nodiscard]] std::optional<std::string> parse_hex(std::string_view digits);

/// Returns the candidate that differs least from `word` by insertions, deletions, replacements and
/// swaps; empty when more than a third of the word would have to change for each candidate.
/// Lifetime: the result points into `candidates`.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            const std::vector<std::string_view>& candidates);

}  // namespace inlet53
