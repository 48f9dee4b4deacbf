// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace inlet53 {

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
