#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// An RRset in prepared wire form, borrowed: `count` records one after the other, each
/// `C0 0C | type | class IN | ttl | rdlength | rdata`. The owner is a pointer to the question's
/// name, so that the usual answer is one copy; names in the RDATA are not compressed.
/// Lifetime: the octets'.
struct RRsetView {
  uint16_t type = 0;
  uint16_t count = 0;
  Bytes records;
};

/// What has become of the TTLs of records that were kept for a while, in seconds.
struct TtlAging {
  uint32_t age = 0;    // subtracted; never below 0
  uint32_t fixed = 0;  // the TTL of all records instead, unless 0
  [[nodiscard]] uint32_t aged(uint32_t ttl) const noexcept {
    if (fixed != 0) return fixed;
    return ttl > age ? ttl - age : 0;
  }
};

/// Octets before the RDATA of each record of an RRsetView: pointer, type, class, ttl, rdlength.
inline constexpr size_t kPreparedHead = 12;

}  // namespace inlet53::dns
