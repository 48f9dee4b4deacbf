// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// One record in prepared form, borrowed: `C0 0C | type | class | ttl | rdlength | rdata`. The
/// owner is a pointer to the question's name, so that the usual answer is one copy; names in the
/// RDATA are not compressed. Requires: the record is whole. Lifetime: that of the bytes. Cost: one
/// load for each field. Source: RFC 1035 §4.1.3, §4.1.4.
class PreparedRecord {
 public:
  /// Size in bytes of the part before the RDATA.
  static constexpr size_t kHead = 12;

  explicit PreparedRecord(const uint8_t* at) noexcept : at_(at) {}

  [[nodiscard]] uint16_t type() const noexcept { return load_be16(at_ + kTypeAt); }
  [[nodiscard]] uint32_t ttl() const noexcept { return load_be32(at_ + kTtlAt); }
  [[nodiscard]] Bytes rdata() const noexcept {
    return {at_ + kHead, load_be16(at_ + kRdataLengthAt)};
  }
  [[nodiscard]] const uint8_t* begin() const noexcept { return at_; }
  /// Returns the end of the RDATA, where the next record of an RRset begins.
  [[nodiscard]] const uint8_t* end() const noexcept { return rdata().data() + rdata().size(); }
  /// Returns the bytes from type to RDATA, which follow any owner.
  [[nodiscard]] Bytes without_owner() const noexcept { return {at_ + kTypeAt, end()}; }

  /// Writes the `kHead` bytes before the RDATA.
  static void write_head(uint8_t* out, uint16_t type, uint32_t ttl, size_t rdata_size,
                         uint16_t rclass = kIn) noexcept {
    store_be16(out, kPointerToQuestion);
    store_be16(out + kTypeAt, type);
    store_be16(out + kClassAt, rclass);
    store_be32(out + kTtlAt, ttl);
    store_be16(out + kRdataLengthAt, static_cast<uint16_t>(rdata_size));
  }
  /// Sets the TTL of `count` consecutive records.
  static void set_ttls(uint8_t* records, size_t count, uint32_t ttl) noexcept {
    for (; count > 0; --count) {
      store_be32(records + kTtlAt, ttl);
      records += kHead + load_be16(records + kRdataLengthAt);
    }
  }

 private:
  static constexpr uint16_t kPointerToQuestion = 0xC00C;
  static constexpr uint16_t kIn = 1;
  static constexpr size_t kTypeAt = 2;
  static constexpr size_t kClassAt = 4;
  static constexpr size_t kTtlAt = 6;
  static constexpr size_t kRdataLengthAt = 10;

  const uint8_t* at_;
};

/// An RRset in prepared form, borrowed: `count` consecutive records. It is a range of
/// PreparedRecord. Lifetime: that of the bytes.
struct RRsetView {
  uint16_t type = 0;
  uint16_t count = 0;
  Bytes records;

  class Iterator {
   public:
    Iterator(const uint8_t* at, size_t left) noexcept : at_(at), left_(left) {}
    PreparedRecord operator*() const noexcept { return PreparedRecord(at_); }
    Iterator& operator++() noexcept {
      at_ = PreparedRecord(at_).end();
      --left_;
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return left_ == other.left_; }

   private:
    const uint8_t* at_;
    size_t left_;
  };
  [[nodiscard]] Iterator begin() const noexcept { return {records.data(), count}; }
  [[nodiscard]] Iterator end() const noexcept { return {nullptr, 0}; }

  /// Returns the first record. Requires: there is one.
  [[nodiscard]] PreparedRecord first() const noexcept { return PreparedRecord(records.data()); }
};

/// The change of the TTLs of cached records, in seconds.
struct TtlAging {
  uint32_t age = 0;    // subtracted; the result is at least 0
  uint32_t fixed = 0;  // if not 0, the TTL of all records
  [[nodiscard]] uint32_t aged(uint32_t ttl) const noexcept {
    if (fixed != 0) return fixed;
    return ttl > age ? ttl - age : 0;
  }
};

}  // namespace inlet53::dns
