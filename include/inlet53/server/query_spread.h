// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace inlet53::server {

/// Over how many workers UDP queries go, with `udp_spread = "fill"`: as few as have time for them,
/// the first ones. One worker that is half busy wakes up less often, and finds more in its cache,
/// than two that are a quarter busy each; so another takes part only when the time of those before
/// it is nearly used up. When a worker falls behind, all workers take queries at once. The number
/// falls only after some seconds with spare time, and later where it fell too early before. It only
/// decides; the owner acts. Threads: one.
class QuerySpread {
 public:
  /// At first one takes them all. `workers`: 1 or more.
  explicit QuerySpread(uint32_t workers) noexcept : all_(workers) {}

  /// The workers that take queries now, 1 to all of them, from the first on.
  [[nodiscard]] uint32_t taking() const noexcept { return taking_; }

  /// A worker has more to do than it can (`Worker::Options::fell_behind`): from now on all take
  /// queries.
  void fell_behind() noexcept;

  /// To be called every second. `busy`: what each worker's thread used of it, in processors.
  void observe(std::span<const double> busy) noexcept;

 private:
  // Who takes queries and is busy for this part of its time gets help; others are asked to take as
  // much as this.
  static constexpr double kFull = 0.9;
  static constexpr double kFilled = 0.8;
  // Seconds for which fewer would have done before fewer do. Help that is needed again soon doubles
  // them, up to the most.
  static constexpr uint32_t kCalm = 3;
  static constexpr uint32_t kMostCalm = 96;
  static constexpr uint32_t kSoon = 60;

  void all_take() noexcept;

  uint32_t all_;
  uint32_t taking_ = 1;
  uint32_t calm_needed_ = kCalm;
  uint32_t calm_ = 0;             // seconds
  uint32_t enough_ = 1;           // how many all those seconds took
  uint32_t since_fewer_ = kSoon;  // seconds since the last time that fewer took over
};

}  // namespace inlet53::server
