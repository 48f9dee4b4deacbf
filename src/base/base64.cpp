// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/base64.h"

#include <algorithm>

namespace inlet53 {

namespace {

constexpr uint8_t kNoDigit = 64;

using DigitValues = std::array<uint8_t, 256>;

constexpr DigitValues values_of(std::string_view digits) {
  DigitValues values{};
  values.fill(kNoDigit);
  for (size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<uint8_t>(digits[i])] = static_cast<uint8_t>(i);
  }
  return values;
}

constexpr DigitValues kValues = values_of(kBase64Digits);
constexpr DigitValues kUrlValues = values_of(kBase64UrlDigits);

enum class Decoded : uint8_t { Exact, UnusedBitsSet, Invalid };

// Decodes digits without padding. Writes `base64_decoded_size(digits.size())` bytes to `out`.
Decoded decode_digits(std::string_view digits, const DigitValues& values, uint8_t* out) noexcept {
  if (digits.size() % 4 == 1) return Decoded::Invalid;
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char character : digits) {
    const uint8_t value = values[static_cast<uint8_t>(character)];
    if (value == kNoDigit) return Decoded::Invalid;
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *out++ = static_cast<uint8_t>(bits >> held);
  }
  return (bits & ((1U << held) - 1)) == 0 ? Decoded::Exact : Decoded::UnusedBitsSet;
}

size_t padding_of(std::string_view text) noexcept {
  return text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
}

std::optional<std::string> decode(std::string_view digits, bool ignores_unused_bits) {
  std::string bytes(base64_decoded_size(digits.size()), '\0');
  const Decoded result = decode_digits(digits, kValues, reinterpret_cast<uint8_t*>(bytes.data()));
  if (result == Decoded::Invalid) return std::nullopt;
  if (result == Decoded::UnusedBitsSet && !ignores_unused_bits) return std::nullopt;
  return bytes;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const std::array<char, 4> group = base64_group(as_bytes(bytes.substr(at, 3)));
    out.append(group.data(), group.size());
  }
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  return decode(text.substr(0, text.size() - padding_of(text)), false);
}

std::optional<std::string> decode_mime_base64(std::string_view text) {
  const auto is_line_end = [](char c) { return c == '\r' || c == '\n'; };
  if (std::any_of(text.begin(), text.end(), is_line_end)) {
    std::string lines(text);
    std::erase_if(lines, is_line_end);
    return decode_mime_base64(lines);
  }
  const size_t padding = padding_of(text);
  if (padding > 0 && text.size() % 4 != 0) return std::nullopt;
  return decode(text.substr(0, text.size() - padding), true);
}

bool decode_base64url(std::string_view text, MutableBytes out) noexcept {
  return decode_digits(text, kUrlValues, out.data()) == Decoded::Exact;
}

}  // namespace inlet53
