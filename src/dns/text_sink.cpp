#include "text_sink.h"

#include "name_text.h"

#include "inlet53/dns/types.h"

namespace inlet53::dns {

void TextSink::put_type(uint16_t type) noexcept {
  char text[16];
  put({text, write_type(type, text)});
}

void TextSink::put_hex(Bytes octets) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const uint8_t octet : octets) {
    const char pair[] = {kDigits[octet >> 4], kDigits[octet & 0x0F]};
    put({pair, sizeof pair});
  }
}

void TextSink::put_base64(Bytes octets) noexcept {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t at = 0; at < octets.size(); at += 3) {
    const Bytes group = octets.subspan(at, std::min<size_t>(3, octets.size() - at));
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) bits = (bits << 8) | (i < group.size() ? group[i] : 0U);
    char text[4];
    for (size_t i = 0; i < 4; ++i) {
      text[i] = i <= group.size() ? kDigits[(bits >> (18 - 6 * i)) & 0x3F] : '=';
    }
    put({text, sizeof text});
  }
}

void TextSink::put_base32hex(Bytes octets) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
  uint32_t bits = 0;  // not written yet, at the low end
  unsigned count = 0;
  for (const uint8_t octet : octets) {
    bits = (bits << 8) | octet;
    for (count += 8; count >= 5; count -= 5) put(kDigits[(bits >> (count - 5)) & 0x1F]);
  }
  if (count > 0) put(kDigits[(bits << (5 - count)) & 0x1F]);
}

void TextSink::put_escaped(uint8_t octet) noexcept {
  if (octet < 0x20 || octet > 0x7E) {
    char text[4];
    write_decimal_escape(octet, text);
    put({text, sizeof text});
    return;
  }
  if (octet == '"' || octet == '\\') put('\\');
  put(static_cast<char>(octet));
}

void TextSink::put_quoted(Bytes octets) noexcept {
  put('"');
  for (const uint8_t octet : octets) put_escaped(octet);
  put('"');
}

}  // namespace inlet53::dns
