// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "inlet53/base/bytes.h"

namespace inlet53::server {

/// What one key may take: `per_second` in the long run, `burst` at once.
struct Rate {
  uint32_t per_second = 0;  // at least 1
  uint32_t burst = 1;       // at least 1
};

/// Says of keys, of which there may be any number, whether they keep to their rate, in 512 KiB.
///
/// A leaky bucket for each key would be a table that a client with many addresses fills. Here each
/// key has a place in each of four rows, chosen by a secret hash; a place holds the time at which a
/// bucket is empty again, and several keys share it. A key's bucket is the emptiest of its four, so
/// that a key pays for others only where it shares all four places with keys that are busy: one in
/// 80,000 while a thousand are.
///
/// Threads: any, at the same time. Queries that two threads look at in the same moment may count as
/// one. Cost: a hash and four loads and stores; no allocation, no lock.
/// Source: GCRA (ITU-T I.371); count-min sketch with conservative update (Estan, Varghese 2002).
class RateLimiter {
 public:
  RateLimiter();

  /// Counts one of `key`, of at most 64 octets, and says whether it is within `rate`. What is not
  /// is not counted. `now_ms`: of any clock that never goes back.
  [[nodiscard]] bool admit(Bytes key, Rate rate, uint64_t now_ms) noexcept;

 private:
  static constexpr size_t kRows = 4;
  static constexpr size_t kPlaces = 16384;  // a row; a power of two
  using Row = std::array<std::atomic<uint64_t>, kPlaces>;

  std::array<uint8_t, 16> secret_;
  std::unique_ptr<std::array<Row, kRows>> rows_;  // nanoseconds of the clock
};

}  // namespace inlet53::server
