// SPDX-License-Identifier: Apache-2.0
#include "buffer_ring.h"

#include <bit>
#include <cstring>
#include <ctime>
#include <utility>

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inlet53/base/check.h"

namespace inlet53::querylog {

namespace {

// Size of a huge page on x86-64 and most arm64 kernels; a multiple of any sector and page size.
constexpr size_t kAlignment = size_t{2} << 20;

constexpr size_t kBits = 64;

}  // namespace

PageMemory::PageMemory(size_t size) {
  const size_t whole = (size + kAlignment - 1) / kAlignment * kAlignment;
  octets_.reset(static_cast<char*>(std::aligned_alloc(kAlignment, whole)));
  require_memory(octets_ != nullptr);
  madvise(octets_.get(), whole, MADV_HUGEPAGE);
  std::memset(octets_.get(), 0, size);
}

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

BufferRing::BufferRing(size_t buffers, bool may_wait, Doorbell& writer)
    : memory_(buffers * kBufferSize),
      published_(buffers),
      places_(buffers),
      free_places_((buffers + kBits - 1) / kBits),
      writer_(writer),
      may_wait_(may_wait) {
  INLET53_CHECK(buffers > 0);
  for (size_t place = 0; place < buffers; ++place) {
    free_places_[place / kBits] |= uint64_t{1} << place % kBits;
  }
}

char* BufferRing::next_buffer() noexcept {
  const uint64_t filled = filled_.load(std::memory_order_relaxed);
  if (filled - drained_.load(std::memory_order_acquire) == published_.size()) return nullptr;
  if (!std::exchange(holding_, true)) {
    places_[filled % places_.size()] = static_cast<uint32_t>(allocate_place());
  }
  return buffer(filled);
}

// Returns a free place. Requires: there is one.
size_t BufferRing::allocate_place() noexcept {
  auto word = free_places_.begin();
  uint64_t free = 0;
  while ((free = word->load(std::memory_order_acquire)) == 0) ++word;
  const int bit = std::countr_zero(free);
  word->fetch_and(~(uint64_t{1} << bit), std::memory_order_relaxed);
  return static_cast<size_t>(word - free_places_.begin()) * kBits + static_cast<size_t>(bit);
}

void BufferRing::publish(const char* end, uint32_t records) noexcept {
  const uint64_t filled = filled_.load(std::memory_order_relaxed);
  published(filled).store({static_cast<uint32_t>(end - buffer(filled)), records},
                          std::memory_order_release);
}

void BufferRing::hand_over() noexcept {
  const uint64_t filled = filled_.load(std::memory_order_relaxed) + 1;
  filled_.store(filled, std::memory_order_release);
  holding_ = false;
  // The writer thread polls the ring by itself; to wake it earlier would cost a system call per
  // buffer.
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
    // Read first: the published extent of a full buffer is final.
    const bool full = filled_.load(std::memory_order_acquire) != drained;
    const Extent end = published(drained).load(std::memory_order_acquire);
    if (end.octets > consumed_.octets) {
      return {{buffer(drained) + consumed_.octets, end.octets - consumed_.octets},
              end.records - consumed_.records};
    }
    if (!full) return {};
    free_drained_buffer();
  }
}

void BufferRing::free_drained_buffer() noexcept {
  const uint64_t drained = drained_.load(std::memory_order_relaxed);
  const size_t place = place_of(drained);
  free_places_[place / kBits].fetch_or(uint64_t{1} << place % kBits, std::memory_order_release);
  published(drained).store({}, std::memory_order_relaxed);
  consumed_ = {};
  drained_.store(drained + 1, std::memory_order_release);
  freed_.ring();
}

void BufferRing::stop_waiting() noexcept {
  may_wait_.store(false, std::memory_order_release);
  freed_.ring();
}

}  // namespace inlet53::querylog
