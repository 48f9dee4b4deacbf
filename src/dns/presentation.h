// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

/// Presentation form of names and of fields of RDATA (RFC 1035 §5.1).
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

/// Writes presentation form to a caller's buffer and never writes past its end. Omits what does not
/// fit and sets `overflowed`, so that writers need no check of their own.
/// Lifetime: borrows the buffer. Threads: none shared.
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
  /// Writes a number with exactly `digits` digits, with leading zeros.
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

  /// Writes two lower-case digits for each byte. Source: RFC 4648 §8.
  void put_hex(Bytes octets) noexcept;
  /// Writes base64 with padding. Source: RFC 4648 §4.
  void put_base64(Bytes octets) noexcept;
  /// Writes base32hex in lower case without padding. Source: RFC 4648 §7, RFC 5155 §3.3.
  void put_base32hex(Bytes octets) noexcept;

  /// Writes a character string in quotation marks: `"` and `\` get a backslash, bytes that are not
  /// printable become `\DDD`. Source: RFC 1035 §5.1.
  void put_quoted(Bytes octets) noexcept;
  /// Writes one byte of a quoted character string.
  void put_escaped(uint8_t octet) noexcept;

 private:
  char* begin_;
  char* at_;
  char* end_;
  bool overflowed_ = false;
};

/// Reads RDATA field by field. An incomplete field reads as zero or empty and sets `broken`, so
/// that callers check only once at the end.
/// Lifetime: borrows the RDATA, and so do the results.
class RdataReader {
 public:
  explicit RdataReader(Bytes rdata) noexcept : rest_(rdata) {}

  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  void set_broken() noexcept {
    broken_ = true;
    rest_ = {};
  }
  /// Sets `broken` unless `condition` is true.
  void require(bool condition) noexcept {
    if (!condition) set_broken();
  }

  [[nodiscard]] Bytes octets(size_t size) noexcept {
    if (size > rest_.size()) {
      set_broken();
      return {};
    }
    const Bytes out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  [[nodiscard]] Bytes rest() noexcept { return octets(rest_.size()); }

  [[nodiscard]] uint8_t u8() noexcept {
    const Bytes field = octets(1);
    return field.empty() ? uint8_t{0} : field[0];
  }
  [[nodiscard]] uint16_t u16() noexcept {
    const Bytes field = octets(2);
    return field.empty() ? uint16_t{0} : load_be16(field.data());
  }
  [[nodiscard]] uint32_t u32() noexcept {
    const Bytes field = octets(4);
    return field.empty() ? 0 : load_be32(field.data());
  }
  /// Reads a length byte and that number of bytes.
  [[nodiscard]] Bytes string() noexcept { return octets(u8()); }
  /// Reads an uncompressed name; returns the root when broken.
  [[nodiscard]] NameView name() noexcept {
    const auto found = parse_flat_name(rest_, 0);
    if (!found) {
      set_broken();
      return {};
    }
    rest_ = rest_.subspan(found->size());
    return *found;
  }

 private:
  Bytes rest_;
  bool broken_ = false;
};

/// Writes a LOC record: `42 21 54.000 N 71 06 18.000 W -24.00m 30.00m 1.00m 2.00m`. Sets the reader
/// to broken when the version is not 0 or a number is out of range. Source: RFC 1876.
void write_loc(RdataReader& rdata, TextSink& text) noexcept;

/// Writes the SvcParams that follow the target of an SVCB or HTTPS record, each after a space:
/// `alpn=h2,h3 port=443`. Quotes values only when necessary. Sets the reader to broken when keys do
/// not ascend or a value does not have the format of its key.
/// Source: RFC 9460 §2.1, §2.2, §7, appendix A; RFC 9461 (dohpath).
void write_svc_params(RdataReader& rdata, TextSink& text) noexcept;

}  // namespace inlet53::dns
