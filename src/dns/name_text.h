// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "inlet53/dns/name.h"

namespace inlet53::dns {

/// One label, parsed from presentation form.
struct LabelText {
  uint8_t octets[kMaxLabel];
  size_t size = 0;
  size_t text_size = 0;  // number of characters of text, with its dot
};

/// Parses the first label of `text` up to its dot or the end. Absent when it has more than 63 bytes
/// or an escape is malformed (`\` at the end, `\DDD` over 255 or incomplete). Source: RFC 1035
/// §5.1.
[[nodiscard]] std::optional<LabelText> parse_label_text(std::string_view text) noexcept;

/// Writes one byte as `\DDD`. Requires: 4 bytes at `out`.
inline char* write_decimal_escape(uint8_t octet, char* out) noexcept {
  out[0] = '\\';
  out[1] = static_cast<char>('0' + octet / 100);
  out[2] = static_cast<char>('0' + octet / 10 % 10);
  out[3] = static_cast<char>('0' + octet % 10);
  return out + 4;
}

}  // namespace inlet53::dns
