#pragma once

#include <cstdint>

namespace inlet53::lambda {

/// Bounds the processor time that searches for the processes of strangers cost, for one Runtime
/// API: 10 ms in a second, and 10 ms at once. A search that finds the environment's own process is
/// free. When the budget is used up, connections are closed unseen. It refills all the time, so
/// that the next search is possible some milliseconds later. An own connection that was closed
/// unseen can be tried again; under a steady flood the strangers use what refills, and a retry may
/// be closed unseen, too.
class CheckBudget {
 public:
  static constexpr int64_t kMaxUs = 10'000;
  static constexpr int64_t kUsPerMs = 10;

  [[nodiscard]] bool used_up(uint64_t now_ms) noexcept;
  /// A search for a stranger took so long.
  void charge(uint64_t cost_us, uint64_t now_ms) noexcept;

 private:
  void refill(uint64_t now_ms) noexcept;

  int64_t left_us_ = kMaxUs;  // below zero: the last search took more than was left
  uint64_t refilled_ms_ = 0;
};

}  // namespace inlet53::lambda
