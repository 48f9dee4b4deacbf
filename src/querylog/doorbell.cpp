#include "doorbell.h"

#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace inlet53::querylog {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t), "a futex is a plain 32-bit word");

void Doorbell::wait(std::optional<std::chrono::milliseconds> timeout) noexcept {
  uint32_t expected = kQuiet;
  if (state_.compare_exchange_strong(expected, kWaiting, std::memory_order_acq_rel)) {
    timespec limit{};
    if (timeout) {
      limit.tv_sec = timeout->count() / 1000;
      limit.tv_nsec = (timeout->count() % 1000) * 1'000'000;
    }
    syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kWaiting, timeout ? &limit : nullptr, nullptr,
            0);
  }
  state_.exchange(kQuiet, std::memory_order_acq_rel);
}

void Doorbell::wake() noexcept {
  syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace inlet53::querylog
