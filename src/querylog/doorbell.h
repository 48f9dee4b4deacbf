#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace inlet53::querylog {

/// Wakes one thread that waits. A ring that comes while nobody waits is kept for the next wait, so
/// none is lost; several count as one.
/// Threads: `ring` any; `wait` one.
/// Cost: `ring` is one atomic exchange, and a system call only when the other side sleeps.
class Doorbell {
 public:
  void ring() noexcept {
    if (state_.exchange(kRung, std::memory_order_acq_rel) == kWaiting) wake();
  }

  /// Returns when rung, when `timeout` has passed, or for no reason: look and wait again.
  void wait(std::optional<std::chrono::milliseconds> timeout = std::nullopt) noexcept;

 private:
  static constexpr uint32_t kQuiet = 0;
  static constexpr uint32_t kRung = 1;
  static constexpr uint32_t kWaiting = 2;

  void wake() noexcept;

  std::atomic<uint32_t> state_{kQuiet};
};

}  // namespace inlet53::querylog
