#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

namespace inlet53::dns {

/// Where presentation form is written: a caller's buffer that is never overrun. What does not fit
/// is left out and `overflowed` says so, so that writers need no check of their own.
/// Lifetime: the buffer's. Threads: none shared.
class TextSink {
 public:
  TextSink(char* out, size_t capacity) noexcept : begin_(out), at_(out), end_(out + capacity) {}

  [[nodiscard]] size_t size() const noexcept { return static_cast<size_t>(at_ - begin_); }
  [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

  void put(char c) noexcept { put(std::string_view(&c, 1)); }
  void put(std::string_view text) noexcept {
    if (text.size() > static_cast<size_t>(end_ - at_)) {
      overflowed_ = true;
      return;
    }
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  void put_number(uint64_t number) noexcept {
    char digits[20];
    const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    put({digits, static_cast<size_t>(end - digits)});
  }
  /// A number of exactly `digits` digits, with zeros before it.
  void put_padded(uint64_t number, int digits) noexcept {
    uint64_t unit = 1;
    for (int i = 1; i < digits; ++i) unit *= 10;
    for (; unit > 0; unit /= 10) put(static_cast<char>('0' + number / unit % 10));
  }

  void put_name(NameView name) noexcept {
    char text[kMaxNameText];
    put({text, write_name_text(name, text)});
  }
  void put_type(uint16_t type) noexcept;

  /// Two digits an octet, lower case. Source: RFC 4648 §8.
  void put_hex(Bytes octets) noexcept;
  /// With padding. Source: RFC 4648 §4.
  void put_base64(Bytes octets) noexcept;
  /// Lower case, without padding. Source: RFC 4648 §7, RFC 5155 §3.3.
  void put_base32hex(Bytes octets) noexcept;

  /// A character string in quotation marks: `"` and `\` behind a backslash, what is not printable
  /// as `\DDD`. Source: RFC 1035 §5.1.
  void put_quoted(Bytes octets) noexcept;
  /// One octet as it stands within quotation marks.
  void put_escaped(uint8_t octet) noexcept;

 private:
  char* begin_;
  char* at_;
  char* end_;
  bool overflowed_ = false;
};

}  // namespace inlet53::dns
