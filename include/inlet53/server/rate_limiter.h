// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "inlet53/base/bytes.h"

namespace inlet53::server {

/// Rate limit of one key: `per_second` on average, `burst` at once.
struct Rate {
  uint32_t per_second = 0;  // at least 1
  uint32_t burst = 1;       // at least 1
};

/// Checks the rates of any number of keys in 512 KiB of memory.
///
/// A table with one leaky bucket per key could be filled by a client with many addresses. Here each
/// key has a place in each of four rows, which a secret hash selects. A place stores the time at
/// which a bucket is empty, and several keys share it. The emptiest of its four places is the
/// bucket of a key. So other keys affect a key only if all its four places are shared with busy
/// keys: one key in 80,000 while a thousand keys are busy.
///
/// Threads: any, at the same time. Queries that two threads check at the same moment may count as
/// one. Cost: a hash, four loads and four stores; no allocation, no lock.
/// Source: GCRA (ITU-T I.371); count-min sketch with conservative update (Estan, Varghese 2002).
class RateLimiter {
 public:
  RateLimiter();

  /// Counts one event of `key` and returns whether it is within `rate`. An event over the rate does
  /// not count. `key`: at most 64 bytes. `now_ms`: of any monotonic clock.
  [[nodiscard]] bool admit(Bytes key, Rate rate, uint64_t now_ms) noexcept;

 private:
  static constexpr size_t kRows = 4;
  static constexpr size_t kPlaces = 16384;  // a row; a power of two
  using Row = std::array<std::atomic<uint64_t>, kPlaces>;

  std::array<uint8_t, 16> secret_;
  std::unique_ptr<std::array<Row, kRows>> rows_;  // nanoseconds of the clock
};

}  // namespace inlet53::server
