// SPDX-License-Identifier: Apache-2.0
#include "name_text.h"

#include <array>

namespace inlet53::dns {

namespace {

enum class Form : uint8_t { Plain, Backslash, Decimal };

// The form of ldns, with the quotation mark escaped too: in a master file, `"` would begin a quoted
// string.
constexpr auto kForms = [] {
  std::array<Form, 256> out{};
  for (size_t octet = 0; octet < out.size(); ++octet) {
    out[octet] = octet > 0x20 && octet < 0x7F ? Form::Plain : Form::Decimal;
  }
  for (const uint8_t special : {'.', '\\', '"', '(', ')', ';'}) out[special] = Form::Backslash;
  return out;
}();

char* write_octet(uint8_t octet, char* out) noexcept {
  switch (kForms[octet]) {
    case Form::Decimal:
      return write_decimal_escape(octet, out);
    case Form::Backslash:
      *out++ = '\\';
      [[fallthrough]];
    case Form::Plain:
      *out++ = static_cast<char>(octet);
  }
  return out;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Parses the escape at the start of `text` and removes it from `text`.
std::optional<uint8_t> parse_escape(std::string_view& text) noexcept {
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  if (!is_digit(text[0])) {
    const auto octet = static_cast<uint8_t>(text[0]);
    text.remove_prefix(1);
    return octet;
  }
  if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
  const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (value > 255) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<uint8_t>(value);
}

}  // namespace

size_t write_name_text(NameView name, char* out) noexcept {
  char* at = out;
  const uint8_t* label = name.data();
  if (*label == 0) *at++ = '.';
  while (*label != 0) {
    const uint8_t* end = label + 1 + *label;
    for (const uint8_t* octet = label + 1; octet != end; ++octet) {
      if (kForms[*octet] == Form::Plain) {
        *at++ = static_cast<char>(*octet);
      } else {
        at = write_octet(*octet, at);
      }
    }
    *at++ = '.';
    label = end;
  }
  return static_cast<size_t>(at - out);
}

std::optional<LabelText> parse_label_text(std::string_view text) noexcept {
  std::optional<LabelText> label(std::in_place);
  const size_t whole = text.size();
  while (!text.empty() && text[0] != '.') {
    uint8_t octet;
    if (text[0] == '\\') {
      const auto escaped = parse_escape(text);
      if (!escaped) return std::nullopt;
      octet = *escaped;
    } else {
      octet = static_cast<uint8_t>(text[0]);
      text.remove_prefix(1);
    }
    if (label->size == kMaxLabel) return std::nullopt;
    label->octets[label->size++] = octet;
  }
  if (!text.empty()) text.remove_prefix(1);
  label->text_size = whole - text.size();
  return label;
}

}  // namespace inlet53::dns
