// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include <malloc.h>

#include "inlet53/net/loop.h"

namespace inlet53::server {

/// Returns memory to the system after a peak: the allocator keeps freed memory, without limit if
/// memory above it is in use. The owner reports each change of the bytes in use; most calls only
/// compare. Threads: the loop's. Cost: malloc_trim(3) after a peak, some milliseconds for 100 MiB.
class MemoryTrim {
 public:
  /// Minimum peak in bytes that is worth the call.
  static constexpr uint64_t kLeastPeak = 1U << 20;
  static constexpr uint64_t kDelayMs = 1000;

  explicit MemoryTrim(net::Loop& loop) : timer_(loop, [this] { trim(); }) {}

  void grown_to(uint64_t octets) noexcept { peak_ = std::max(peak_, octets); }
  void fallen_to(uint64_t octets) {
    octets_ = octets;
    if (peak_ >= kLeastPeak && is_low() && !timer_.active()) timer_.start(kDelayMs);
  }
  /// Number of calls of malloc_trim(3).
  [[nodiscard]] uint64_t trims() const noexcept { return trims_; }

 private:
  [[nodiscard]] bool is_low() const noexcept { return octets_ <= peak_ / 8; }
  void trim() {
    if (!is_low()) return;  // the use has grown; the next decrease starts the timer
    malloc_trim(0);
    peak_ = octets_;
    ++trims_;
  }

  net::Timer timer_;
  uint64_t octets_ = 0;
  uint64_t peak_ = 0;
  uint64_t trims_ = 0;
};

}  // namespace inlet53::server
