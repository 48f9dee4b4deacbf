// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace inlet53::server {

/// Number of workers that receive UDP queries with `udp_spread = "fill"`: the first workers, and as
/// few as can handle the load. One worker that is half busy wakes up less often and has more cache
/// hits than two workers that are a quarter busy. When a worker is nearly fully busy or falls
/// behind, all workers receive queries immediately. The number decreases only after a calm period.
/// The period is longer if an earlier decrease was too early. This class decides; its owner
/// configures the kernel. Threads: one.
class QuerySpread {
 public:
  /// Starts with one worker. `workers`: number of all workers, at least 1.
  explicit QuerySpread(uint32_t workers) noexcept : all_(workers) {}

  /// Returns the number of workers that receive queries, from the first worker on.
  [[nodiscard]] uint32_t taking() const noexcept { return taking_; }

  /// Adds all workers: one of them has more work than time (`Worker::Options::fell_behind`).
  void fell_behind() noexcept;

  /// Evaluates the last second; the caller calls it every second. `busy`: CPU time of each worker's
  /// thread in that second, as a share from 0 to 1.
  void observe(std::span<const double> busy) noexcept;

 private:
  // All workers are added when one is busy for more than the share kFull of its time. A decrease
  // leaves so many workers that each is busy for at most the share kFilled.
  static constexpr double kFull = 0.9;
  static constexpr double kFilled = 0.8;
  // Calm period in seconds: fewer workers would have been enough for this time. If workers must be
  // added within kSoon seconds after a decrease, the period doubles, up to kMostCalm.
  static constexpr uint32_t kCalm = 3;
  static constexpr uint32_t kMostCalm = 96;
  static constexpr uint32_t kSoon = 60;

  void all_take() noexcept;

  uint32_t all_;
  uint32_t taking_ = 1;
  uint32_t calm_needed_ = kCalm;
  uint32_t calm_ = 0;             // seconds of the current calm period
  uint32_t enough_ = 1;           // workers that were enough in this period
  uint32_t since_fewer_ = kSoon;  // seconds since the last decrease
};

}  // namespace inlet53::server
