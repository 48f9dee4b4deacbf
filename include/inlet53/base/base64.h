// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/bytes.h"

/// Base64 and base64url.
namespace inlet53 {

/// Digits of base64 (RFC 4648 §4) and of base64url (§5), by their values.
inline constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::string_view kBase64UrlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns the base64 text of 1 to 3 bytes, with padding. Source: RFC 4648 §4.
[[nodiscard]] inline std::array<char, 4> base64_group(Bytes bytes) noexcept {
  uint32_t bits = 0;
  for (size_t i = 0; i < 3; ++i) bits = (bits << 8) | (i < bytes.size() ? bytes[i] : 0U);
  std::array<char, 4> text;
  for (size_t i = 0; i < 4; ++i) {
    text[i] = i <= bytes.size() ? kBase64Digits[(bits >> (18 - 6 * i)) & 0x3F] : '=';
  }
  return text;
}

/// Appends bytes in base64, with padding. Source: RFC 4648 §4.
void append_base64(std::string& out, std::string_view bytes);

/// Decodes base64. Absent unless the text has only base64 digits and its padding, and the unused
/// bits at its end are 0, so that each value has exactly one text. Source: RFC 4648 §3.3, §3.5, §4.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// Decodes base64 of a MIME message: ignores line ends and unused bits, and the padding may be
/// missing. Absent for other characters, a wrong padding or an incomplete byte. Source: RFC 2045
/// §6.8.
[[nodiscard]] std::optional<std::string> decode_mime_base64(std::string_view text);

/// Returns the number of bytes that `digits` base64 digits encode.
[[nodiscard]] constexpr size_t base64_decoded_size(size_t digits) noexcept {
  return digits / 4 * 3 + digits % 4 * 6 / 8;
}

/// Decodes base64url without padding into `out`, as strictly as `decode_base64`. Returns false for
/// an invalid text; the content of `out` is then unspecified.
/// Requires: `out` has `base64_decoded_size(text.size())` bytes or more.
/// Source: RFC 4648 §3.5, §5.
[[nodiscard]] bool decode_base64url(std::string_view text, MutableBytes out) noexcept;

}  // namespace inlet53
