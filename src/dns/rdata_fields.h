// SPDX-License-Identifier: Apache-2.0
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

/// Reads RDATA field by field. A field that is not whole reads as zero or empty, and `broken` says
/// so from then on, so that readers check once at the end.
/// Lifetime: borrows the RDATA, and so does what it returns.
class RdataReader {
 public:
  explicit RdataReader(Bytes rdata) noexcept : rest_(rdata) {}

  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  void set_broken() noexcept {
    broken_ = true;
    rest_ = {};
  }
  /// Requires of the RDATA what its type does.
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
  /// A length octet and as many octets.
  [[nodiscard]] Bytes string() noexcept { return octets(u8()); }
  /// A flat name; the root when broken.
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

/// Writes a LOC record: `42 21 54.000 N 71 06 18.000 W -24.00m 30.00m 1.00m 2.00m`.
/// The reader is broken when the version is not 0 or a number has no meaning. Source: RFC 1876.
void write_loc(RdataReader& rdata, TextSink& text) noexcept;

/// Writes the SvcParams that follow an SVCB or HTTPS record's target, each behind a space, as in
/// `alpn=h2,h3 port=443`. Values stand in quotation marks only when they have to.
/// The reader is broken when keys do not ascend or a value has not its key's shape.
/// Source: RFC 9460 §2.1, §2.2, §7, appendix A; RFC 9461 (dohpath).
void write_svc_params(RdataReader& rdata, TextSink& text) noexcept;

}  // namespace inlet53::dns
