// SPDX-License-Identifier: Apache-2.0
#include "base64.h"

#include <array>
#include <cstdint>

namespace inlet53::gateway {

namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNoDigit = 64;

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (uint8_t i = 0; i < kDigits.size(); ++i) values[static_cast<uint8_t>(kDigits[i])] = i;
  return values;
}();

}  // namespace

void append_base64(std::string& out, std::string_view octets) {
  const auto octet = [octets](size_t i) {
    return i < octets.size() ? uint32_t{static_cast<uint8_t>(octets[i])} : 0;
  };
  out.reserve(out.size() + (octets.size() + 2) / 3 * 4);
  for (size_t i = 0; i < octets.size(); i += 3) {
    const uint32_t bits = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
    out += kDigits[bits >> 18];
    out += kDigits[bits >> 12 & 63];
    out += i + 1 < octets.size() ? kDigits[bits >> 6 & 63] : '=';
    out += i + 2 < octets.size() ? kDigits[bits & 63] : '=';
  }
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string octets;
  octets.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  size_t digits = 0;
  size_t padding = 0;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const uint8_t value = kValues[static_cast<uint8_t>(c)];
    if (value == kNoDigit || padding > 0) return std::nullopt;
    bits = bits << 6 | value;
    if (++digits % 4 == 0) {
      octets += static_cast<char>(bits >> 16);
      octets += static_cast<char>(bits >> 8);
      octets += static_cast<char>(bits);
    }
  }
  const size_t left = digits % 4;
  if (left == 1 || (padding > 0 && left + padding != 4)) return std::nullopt;
  if (left == 2) octets += static_cast<char>(bits >> 4);
  if (left == 3) {
    octets += static_cast<char>(bits >> 10);
    octets += static_cast<char>(bits >> 2);
  }
  return octets;
}

}  // namespace inlet53::gateway
