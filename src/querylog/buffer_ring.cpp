#include "buffer_ring.h"

#include "inlet53/base/check.h"

namespace inlet53::querylog {

BufferRing::BufferRing(size_t buffers, bool may_wait, Doorbell& writer)
    : memory_(buffers * kBufferSize), published_(buffers), writer_(writer), may_wait_(may_wait) {
  INLET53_CHECK(buffers > 0);
}

char* BufferRing::next_buffer() noexcept {
  const uint64_t filled = filled_.load(std::memory_order_relaxed);
  if (filled - drained_.load(std::memory_order_acquire) == published_.size()) return nullptr;
  return buffer(filled);
}

void BufferRing::publish(const char* end, uint32_t records) noexcept {
  const uint64_t filled = filled_.load(std::memory_order_relaxed);
  published(filled).store({static_cast<uint32_t>(end - buffer(filled)), records},
                          std::memory_order_release);
}

void BufferRing::hand_over() noexcept {
  const uint64_t filled = filled_.load(std::memory_order_relaxed) + 1;
  filled_.store(filled, std::memory_order_release);
  // The writer thread looks by itself before that; to wake it sooner would cost a system call for
  // each buffer.
  const uint64_t full = filled - drained_.load(std::memory_order_relaxed);
  if (full * 2 >= published_.size()) writer_.ring();
}

bool BufferRing::wait_for_buffer() noexcept {
  if (!may_wait_.load(std::memory_order_acquire)) return false;
  writer_.ring();
  freed_.wait();
  return true;
}

Records BufferRing::unread() noexcept {
  for (;;) {
    const uint64_t drained = drained_.load(std::memory_order_relaxed);
    // Looked at first: once the buffer is full, what was published of it is final.
    const bool full = filled_.load(std::memory_order_acquire) != drained;
    const Extent end = published(drained).load(std::memory_order_acquire);
    if (end.octets > taken_.octets) {
      return {{buffer(drained) + taken_.octets, end.octets - taken_.octets},
              end.records - taken_.records};
    }
    if (!full) return {};
    free_drained_buffer();
  }
}

void BufferRing::free_drained_buffer() noexcept {
  const uint64_t drained = drained_.load(std::memory_order_relaxed);
  published(drained).store({}, std::memory_order_relaxed);
  taken_ = {};
  drained_.store(drained + 1, std::memory_order_release);
  freed_.ring();
}

void BufferRing::stop_waiting() noexcept {
  may_wait_.store(false, std::memory_order_release);
  freed_.ring();
}

}  // namespace inlet53::querylog
