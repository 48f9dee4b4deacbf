// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/json_string.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace inlet53 {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes that need no escape in a JSON string, in any text.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t octet = 0x20; octet < 0x80; ++octet) plain[octet] = octet != '"' && octet != '\\';
  return plain;
}();

bool is_plain(char c) noexcept { return kPlain[static_cast<uint8_t>(c)]; }

// Returns the size of the UTF-8 sequence at the start of `text`; 0 when there is none.
// Requires: `text` is not empty.
size_t sequence_size(std::string_view text) noexcept {
  const auto octet = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto continues = [&](size_t from, size_t to) {
    if (text.size() < to) return false;
    for (size_t i = from; i < to; ++i) {
      if ((octet(i) & 0xC0) != 0x80) return false;
    }
    return true;
  };
  const uint8_t first = octet(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return continues(1, 2) ? 2 : 0;
  if (first < 0xF0) {
    if (!continues(1, 3)) return 0;
    if (first == 0xE0 && octet(1) < 0xA0) return 0;  // longer than needed
    if (first == 0xED && octet(1) > 0x9F) return 0;  // a surrogate
    return 3;
  }
  if (first > 0xF4 || !continues(1, 4)) return 0;
  if (first == 0xF0 && octet(1) < 0x90) return 0;
  if (first == 0xF4 && octet(1) > 0x8F) return 0;  // beyond U+10FFFF
  return 4;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<uint8_t>(c) >> 4];
      out += kHex[static_cast<uint8_t>(c) & 15];
  }
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto plain =
        static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const size_t size = sequence_size(text);
    if (size == 1) {
      append_escape(out, text[0]);
    } else if (size > 1) {
      out.append(text.substr(0, size));
    } else {
      out += kReplacement;
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

bool nests_deeper_than(std::string_view json, size_t levels) noexcept {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > levels) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace inlet53
