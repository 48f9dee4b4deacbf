#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <vector>

#include "inlet53/base/check.h"

namespace inlet53 {

/// A bounded queue from one thread to one other.
/// It hands over plain values (pointers, indexes); a full ring refuses, it never waits.
/// Threads: `push` from the producer only, `pop` from the consumer only.
template <class T>
class SpscRing {
 public:
  /// `capacity` entries at least; rounded up to a power of two.
  explicit SpscRing(size_t capacity) : slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1) {
    INLET53_CHECK(capacity > 0);
  }

  /// False when the ring is full; the value is then still the caller's.
  [[nodiscard]] bool push(T value) noexcept {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == slots_.size()) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ == slots_.size()) return false;
    }
    slots_[tail & mask_] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// False when the ring is empty.
  [[nodiscard]] bool pop(T& value) noexcept {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    value = slots_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

 private:
  static constexpr size_t kCacheLine = 64;
  std::vector<T> slots_;
  const size_t mask_;
  alignas(kCacheLine) std::atomic<size_t> tail_{0};
  size_t head_seen_ = 0;  // the producer's last look at head_
  alignas(kCacheLine) std::atomic<size_t> head_{0};
  size_t tail_seen_ = 0;  // the consumer's last look at tail_
};

}  // namespace inlet53
