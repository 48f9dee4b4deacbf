// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/message.h"

#include <algorithm>
#include <array>

namespace inlet53::http {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::array<bool, 256> make_token_octets() {
  std::array<bool, 256> octets{};
  for (char c = '0'; c <= '9'; ++c) octets[static_cast<uint8_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) octets[static_cast<uint8_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) octets[static_cast<uint8_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) octets[static_cast<uint8_t>(c)] = true;
  return octets;
}

constexpr std::array<bool, 256> kTokenOctets = make_token_octets();

constexpr std::array<bool, 256> make_value_octets() {
  std::array<bool, 256> octets{};
  for (size_t c = ' '; c < octets.size(); ++c) octets[c] = true;
  octets['\t'] = true;
  octets[0x7f] = false;
  return octets;
}

constexpr std::array<bool, 256> kValueOctets = make_value_octets();

constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\t'; }

}  // namespace

const Field* find_field(const Fields& fields, std::string_view name) noexcept {
  for (const Field& field : fields) {
    if (same_field_name(field.name, name)) return &field;
  }
  return nullptr;
}

bool same_field_name(std::string_view one, std::string_view other) noexcept {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); ++i) {
    // Most bytes are equal, so this compares them first.
    if (one[i] != other[i] && lower(one[i]) != lower(other[i])) return false;
  }
  return true;
}

bool is_field_name(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kTokenOctets[static_cast<uint8_t>(c)]; });
}

bool is_field_value(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (is_white(text.front()) || is_white(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kValueOctets[static_cast<uint8_t>(c)]; });
}

}  // namespace inlet53::http
