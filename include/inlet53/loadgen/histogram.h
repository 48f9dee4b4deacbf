#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace inlet53::loadgen {

/// Latencies in log-linear buckets: 128 to each power of two, so that a bucket's upper end is less
/// than 1 % above what it holds. Nanoseconds, up to 17 s; longer ones count in the last bucket.
/// Minimum, maximum and mean are exact. Threads: one. Cost: 28 KiB; `record` is O(1).
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
  /// Of what was recorded, in nanoseconds; 0 when nothing was.
  [[nodiscard]] uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] uint64_t max() const noexcept { return max_; }
  [[nodiscard]] double mean() const noexcept;
  /// The nanoseconds that `share` (0 to 1) of the latencies do not exceed, by less than 1 % too
  /// many, never over `max`; 0 when nothing was recorded. Cost: a walk over the buckets.
  [[nodiscard]] uint64_t percentile(double share) const noexcept;

  /// How many latencies bucket `index` holds. Requires: `index < kBuckets`.
  [[nodiscard]] uint64_t bucket(size_t index) const noexcept { return buckets_[index]; }
  /// The largest latency that belongs into bucket `index`, in nanoseconds.
  [[nodiscard]] static uint64_t upper_end(size_t index) noexcept;

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

}  // namespace inlet53::loadgen
