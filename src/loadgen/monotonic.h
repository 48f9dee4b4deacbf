#pragma once

#include <cstdint>

#include <time.h>

namespace inlet53::loadgen {

/// Nanoseconds that never jump. Cost: some 25 ns, no system call.
[[nodiscard]] inline uint64_t monotonic_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace inlet53::loadgen
