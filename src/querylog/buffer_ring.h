#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "doorbell.h"
#include "page_memory.h"

#include "inlet53/querylog/query_log.h"

namespace inlet53::querylog {

/// Whole records, side by side in one buffer.
struct Records {
  std::string_view octets;
  uint64_t count = 0;

  [[nodiscard]] bool empty() const noexcept { return octets.empty(); }
};

/// The ring of buffers between one worker and the writer thread.
///
/// The worker fills one buffer after the other; the writer thread reads them in the same order, and
/// may read what was published of the one that is being filled, so that a flush of a few records
/// costs no buffer. Of those that are free the worker always fills the first: as long as the writer
/// thread keeps up, the same two or three stay in the processor's cache, however many there are.
/// Threads: each part its own side only.
class BufferRing {
 public:
  /// `writer` is rung when half of the buffers are full. `may_wait` is `when_full = "block"`.
  /// Requires: `buffers` > 0. Lifetime: `writer` outlives this object.
  BufferRing(size_t buffers, bool may_wait, Doorbell& writer);

  // The worker's side.

  /// The next buffer of kBufferSize octets to fill, or null when none is free.
  [[nodiscard]] char* next_buffer() noexcept;

  /// Lets the writer thread read the buffer that is being filled up to `end`, `records` records
  /// from the buffer's start.
  void publish(const char* end, uint32_t records) noexcept;

  /// Gives the buffer that is being filled away, as far as it was published.
  void hand_over() noexcept;

  /// Sleeps until a buffer may be free. False when the worker is not to wait.
  [[nodiscard]] bool wait_for_buffer() noexcept;

  void count_drop() noexcept {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // The writer thread's side.

  /// Records that were published and not taken yet; empty when there are none.
  /// Lifetime: until `take`.
  [[nodiscard]] Records unread() noexcept;

  /// Has done with these records, the first of `unread`.
  void take(const Records& records) noexcept {
    taken_.octets += static_cast<uint32_t>(records.octets.size());
    taken_.records += static_cast<uint32_t>(records.count);
  }

  // Any thread.

  /// Ends all waiting: from now on a full ring drops.
  void stop_waiting() noexcept;

  /// Records for which no buffer was free.
  [[nodiscard]] uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] size_t capacity() const noexcept { return published_.size() * kBufferSize; }

 private:
  /// How far a buffer was filled or read. One word, so that the two numbers fit each other.
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
  [[nodiscard]] size_t take_free_place() noexcept;
  [[nodiscard]] std::atomic<Extent>& published(uint64_t number) noexcept {
    return published_[number % published_.size()];
  }
  void free_drained_buffer() noexcept;

  PageMemory memory_;
  std::vector<std::atomic<Extent>> published_;  // what may be read of each buffer
  // Where in the memory each buffer is: the worker's, the writer thread's once it was published.
  std::vector<uint32_t> places_;
  std::vector<std::atomic<uint64_t>> free_places_;  // a bit each
  bool holding_ = false;                            // the worker's: it has a place to fill
  Doorbell& writer_;
  Doorbell freed_;
  std::atomic<bool> may_wait_;

  // Buffers count from 0 for ever; [drained_, filled_) are full, filled_ is being filled.
  alignas(64) std::atomic<uint64_t> filled_{0};  // the worker's
  std::atomic<uint64_t> dropped_{0};
  alignas(64) std::atomic<uint64_t> drained_{0};  // the writer thread's
  Extent taken_;                                  // of buffer drained_
};

}  // namespace inlet53::querylog
