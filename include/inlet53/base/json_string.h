#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace inlet53 {

/// Appends `text` as a JSON string, quotes and all: control octets, quote and backslash escaped,
/// each octet that is no part of valid UTF-8 replaced by U+FFFD, everything else as it is.
/// Source: RFC 8259 §7; Unicode Standard, table 3-7 (well-formed UTF-8).
void append_json_string(std::string& out, std::string_view text);

/// The same without the quotes around it.
void append_json_escaped(std::string& out, std::string_view text);

/// Whether a JSON text has more than `levels` objects and lists within each other: a reader that
/// builds a tree takes some hundred octets of memory for each, and the text only one. Of a text
/// that is no JSON the answer is of no meaning, but given. Cost: one pass.
[[nodiscard]] bool nests_deeper_than(std::string_view json, size_t levels) noexcept;

/// Whether `text` is valid UTF-8. Source: Unicode Standard, table 3-7.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace inlet53
