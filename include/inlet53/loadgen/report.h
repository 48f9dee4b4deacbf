// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace inlet53::loadgen {

/// Latency histogram with log-linear buckets: 128 per power of two, so that the upper end of a
/// bucket is less than 1 % above its values. Nanoseconds, up to 17 s; longer latencies count in the
/// last bucket. Minimum, maximum and mean are exact. Threads: one. Cost: 28 KiB; `record` is O(1).
class LatencyHistogram {
 public:
  static constexpr unsigned kSubBits = 7;
  static constexpr unsigned kMaxBits = 37;
  static constexpr size_t kBuckets = size_t{kMaxBits - kSubBits + 1} << kSubBits;

  void record(uint64_t ns) noexcept {
    ++buckets_[bucket_of(ns)];
    ++count_;
    sum_ += ns;
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
  }

  [[nodiscard]] uint64_t count() const noexcept { return count_; }
  /// Minimum and maximum of the recorded values in nanoseconds; 0 when there are none.
  [[nodiscard]] uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] uint64_t max() const noexcept { return max_; }
  [[nodiscard]] double mean() const noexcept {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  /// Latency in nanoseconds that `share` (0 to 1) of the values do not exceed; less than 1 % too
  /// high, and never above `max`; 0 when there are no values. Cost: a walk over the buckets.
  [[nodiscard]] uint64_t percentile(double share) const noexcept {
    const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen > 0 && seen >= rank) return std::min(upper_end(i), max_);
    }
    return max_;
  }

  /// Number of latencies in bucket `index`. Requires: `index < kBuckets`.
  [[nodiscard]] uint64_t bucket(size_t index) const noexcept { return buckets_[index]; }
  /// Largest latency of bucket `index` in nanoseconds.
  [[nodiscard]] static uint64_t upper_end(size_t index) noexcept {
    constexpr size_t kSub = size_t{1} << kSubBits;
    if (index < 2 * kSub) return index;
    const size_t shift = (index >> kSubBits) - 1;
    return ((uint64_t{index} - (shift << kSubBits) + 1) << shift) - 1;
  }

 private:
  [[nodiscard]] static size_t bucket_of(uint64_t ns) noexcept {
    ns = std::min(ns, (uint64_t{1} << kMaxBits) - 1);
    const auto bits = static_cast<unsigned>(std::bit_width(ns));
    if (bits <= kSubBits) return static_cast<size_t>(ns);
    const unsigned shift = bits - kSubBits - 1;
    return (size_t{shift} << kSubBits) + static_cast<size_t>(ns >> shift);
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = std::numeric_limits<uint64_t>::max();
  uint64_t max_ = 0;
};

/// Counters of a run. Every query that was sent is answered, lost or in flight.
struct Tally {
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t lost = 0;        // not answered within the timeout, or its connection ended
  uint64_t late = 0;        // answers to queries that already count as lost
  uint64_t wrong = 0;       // messages that answer no query in flight
  uint64_t truncated = 0;   // answers with TC
  uint64_t reconnects = 0;  // TCP connections that were opened again
  uint64_t behind = 0;      // queries that were sent more than 1 ms late
  std::array<uint64_t, 16> rcodes{};
  LatencyHistogram latency;
};

/// Result of a run.
struct Report {
  Tally tally;
  /// Time from the first send to the last answer or, if later, to the end of sending.
  double seconds = 0;

  [[nodiscard]] double queries_per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(tally.answered) / seconds : 0;
  }
};

}  // namespace inlet53::loadgen
