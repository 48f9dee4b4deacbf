#pragma once

#include <cstdint>

namespace inlet53::loadgen {

/// When each query of a paced run is due: evenly spaced, as a rate asks. The schedule never yields:
/// what could not be sent in time is sent as soon as it can be. Nanoseconds on any clock.
class Pace {
 public:
  /// Requires: `rate` (queries a second) is over 0.
  Pace(double rate, uint64_t start_ns) noexcept : gap_ns_(1e9 / rate), start_ns_(start_ns) {}

  /// When query `serial` (from 0) is due.
  [[nodiscard]] uint64_t due_ns(uint64_t serial) const noexcept {
    // A double counts whole nanoseconds up to 2^53, 104 days.
    return start_ns_ + static_cast<uint64_t>(static_cast<double>(serial) * gap_ns_);
  }

  /// From when the latency of query `serial` counts, when it left at `sent_ns`: from its sending,
  /// or from the time that it was due when it left more than `kGraceNs` late, so that no stall
  /// hides in queries that were not sent ("coordinated omission"). Below that it is our own timer
  /// that was late, which is not the server's doing.
  [[nodiscard]] uint64_t latency_start_ns(uint64_t serial, uint64_t sent_ns) const noexcept {
    return is_behind(serial, sent_ns) ? due_ns(serial) : sent_ns;
  }
  [[nodiscard]] bool is_behind(uint64_t serial, uint64_t sent_ns) const noexcept {
    return sent_ns > due_ns(serial) + kGraceNs;
  }

  static constexpr uint64_t kGraceNs = 1'000'000;

 private:
  double gap_ns_;
  uint64_t start_ns_;
};

}  // namespace inlet53::loadgen
