// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inlet53/net/loop.h"
#include "inlet53/server/worker.h"

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
  [[nodiscard]] uint32_t active() const noexcept { return active_; }

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

  void activate_all() noexcept;

  uint32_t all_;
  uint32_t active_ = 1;
  uint32_t calm_needed_ = kCalm;
  uint32_t calm_ = 0;                // seconds of the current calm period
  uint32_t enough_ = 1;              // workers that were enough in this period
  uint32_t since_decrease_ = kSoon;  // seconds since the last decrease
};

/// Limits UDP queries to the first workers that can handle them (`udp_spread = "fill"`). Reads the
/// CPU time of the workers' threads once a second, reacts at once when a worker falls behind, and
/// lets the first worker configure the kernel. Threads: the main thread's, except `fell_behind`.
/// Lifetime: outlives the workers' threads; the loop outlives it.
class SpreadKeeper {
 public:
  using Workers = std::vector<std::unique_ptr<Worker>>;

  /// `workers`: the `count` workers that exist when the loop runs.
  SpreadKeeper(net::Loop& loop, const Workers& workers, uint32_t count);

  /// Callback for a worker's `Options::fell_behind`. Threads: any.
  void fell_behind() noexcept { behind_.wake(); }
  /// Returns the number of workers that receive queries.
  [[nodiscard]] uint32_t active() const noexcept { return spread_.active(); }

 private:
  void measure();
  void apply();

  const Workers& workers_;
  QuerySpread spread_;
  uint32_t applied_;
  std::vector<uint64_t> used_ns_;  // CPU time of each worker's thread at the last measurement
  uint64_t measured_us_;           // on the monotonic clock
  net::Wakeup behind_;
  net::Timer timer_;
};

}  // namespace inlet53::server
