// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "inlet53/querylog/query_log.h"

namespace inlet53::querylog {

/// Memory that is aligned for direct I/O and resident from the start, so that its first use costs
/// no page fault.
class PageMemory {
 public:
  /// Allocates `size` bytes, a multiple of 1 MiB. Throws std::bad_alloc when there is no memory.
  explicit PageMemory(size_t size);

  [[nodiscard]] char* data() const noexcept { return octets_.get(); }

 private:
  struct Free {
    void operator()(char* octets) const noexcept { std::free(octets); }
  };
  std::unique_ptr<char, Free> octets_;
};

/// Wakes one waiting thread. A ring without a waiting thread makes the next wait return at once;
/// several rings count as one. Threads: `ring` any; `wait` one. Cost: `ring` is one atomic
/// exchange, and a system call only when the other thread sleeps.
class Doorbell {
 public:
  void ring() noexcept {
    if (state_.exchange(kRung, std::memory_order_acq_rel) == kWaiting) wake();
  }

  /// Returns after a ring, after `timeout`, or spuriously: check the condition and wait again.
  void wait(std::optional<std::chrono::milliseconds> timeout = std::nullopt) noexcept;

 private:
  static constexpr uint32_t kQuiet = 0;
  static constexpr uint32_t kRung = 1;
  static constexpr uint32_t kWaiting = 2;

  void wake() noexcept;

  std::atomic<uint32_t> state_{kQuiet};
};

/// Complete records, contiguous in one buffer.
struct Records {
  std::string_view octets;
  uint64_t count = 0;

  [[nodiscard]] bool empty() const noexcept { return octets.empty(); }
};

/// Ring of buffers between one worker and the writer thread.
///
/// The worker fills one buffer after the other; the writer thread reads them in the same order. It
/// may also read the published part of the buffer that is being filled, so that a flush of a few
/// records does not use up a buffer. The worker always fills the free buffer with the lowest place:
/// while the writer thread keeps up, the same two or three buffers stay in the processor's cache.
/// Threads: each method only from its own side.
class BufferRing {
 public:
  /// Rings `writer` when half of the buffers are full. `may_wait` is `when_full = "block"`.
  /// Requires: `buffers` > 0. Lifetime: `writer` outlives this object.
  BufferRing(size_t buffers, bool may_wait, Doorbell& writer);

  // Methods of the worker.

  /// Returns the next buffer of kBufferSize bytes to fill, or null when none is free.
  [[nodiscard]] char* next_buffer() noexcept;

  /// Lets the writer thread read the buffer that is being filled up to `end`, `records` records
  /// from the buffer's start.
  void publish(const char* end, uint32_t records) noexcept;

  /// Completes the buffer that is being filled, up to its published end.
  void hand_over() noexcept;

  /// Waits until a buffer may be free. Returns false when the worker must not wait.
  [[nodiscard]] bool wait_for_buffer() noexcept;

  void count_drop() noexcept {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // Methods of the writer thread.

  /// Returns published records that are not consumed yet; empty when there are none. Lifetime:
  /// until `consume`.
  [[nodiscard]] Records unread() noexcept;

  /// Consumes these records, the first of `unread`.
  void consume(const Records& records) noexcept {
    consumed_.octets += static_cast<uint32_t>(records.octets.size());
    consumed_.records += static_cast<uint32_t>(records.count);
  }

  // Methods of any thread.

  /// Ends all waits; a full ring drops records from now on.
  void stop_waiting() noexcept;

  /// Returns the number of records for which no buffer was free.
  [[nodiscard]] uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] size_t capacity() const noexcept { return published_.size() * kBufferSize; }

 private:
  /// End of the filled or consumed part of a buffer. One word, so that both numbers are consistent.
  struct alignas(uint64_t) Extent {
    uint32_t octets = 0;
    uint32_t records = 0;
  };
  static_assert(kBufferSize <= UINT32_MAX && std::atomic<Extent>::is_always_lock_free);

  [[nodiscard]] char* buffer(uint64_t number) const noexcept {
    return memory_.data() + place_of(number) * kBufferSize;
  }
  [[nodiscard]] size_t place_of(uint64_t number) const noexcept {
    return places_[number % places_.size()];
  }
  [[nodiscard]] size_t allocate_place() noexcept;
  [[nodiscard]] std::atomic<Extent>& published(uint64_t number) noexcept {
    return published_[number % published_.size()];
  }
  void free_drained_buffer() noexcept;

  PageMemory memory_;
  std::vector<std::atomic<Extent>> published_;  // readable part of each buffer
  // Place in memory of each buffer. The worker writes an element, and the writer thread reads it
  // once the buffer is published.
  std::vector<uint32_t> places_;
  std::vector<std::atomic<uint64_t>> free_places_;  // one bit per place
  bool holding_ = false;                            // the worker has a place to fill
  Doorbell& writer_;
  Doorbell freed_;
  std::atomic<bool> may_wait_;

  // Buffers are numbered from 0 without end; [drained_, filled_) are full, filled_ is being filled.
  alignas(64) std::atomic<uint64_t> filled_{0};  // the worker's
  std::atomic<uint64_t> dropped_{0};
  alignas(64) std::atomic<uint64_t> drained_{0};  // the writer thread's
  Extent consumed_;                               // of buffer drained_
};

}  // namespace inlet53::querylog
