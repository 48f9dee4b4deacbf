// SPDX-License-Identifier: Apache-2.0
#include "frozen_zone.h"

#include <algorithm>

#include <sys/mman.h>

#include "inlet53/base/system_failure.h"

namespace inlet53::zone {

namespace {

constexpr size_t kFirstCapacity = 1024;
constexpr uintptr_t kHugePage = uintptr_t{2} << 20;
constexpr int kCollapse = 25;  // MADV_COLLAPSE of Linux 6.1, which glibc 2.36 does not name

// A lookup in a million names reads two pages that were not used recently. Huge pages reduce its
// time from 0.64 µs to 0.43 µs, mostly because page walks are shorter. Errors of the calls are
// harmless.
void ask_for_huge_pages(uint8_t* data, size_t size) noexcept {
  const auto address = reinterpret_cast<uintptr_t>(data);
  const size_t skipped = (kHugePage - address % kHugePage) % kHugePage;
  if (size < skipped + kHugePage) return;
  const size_t whole = (size - skipped) / kHugePage * kHugePage;
  static_cast<void>(madvise(data + skipped, whole, MADV_HUGEPAGE));
  static_cast<void>(madvise(data + skipped, whole, kCollapse));
}

}  // namespace

void Arena::append(Bytes octets) {
  if (octets.empty()) return;
  reserve_more(octets.size());
  std::memcpy(data_.get() + size_, octets.data(), octets.size());
  size_ += octets.size();
}

void Arena::append_zeros(size_t count) {
  if (count == 0) return;
  reserve_more(count);
  std::memset(data_.get() + size_, 0, count);
  size_ += count;
}

void Arena::settle() {
  if (size_ == 0) return;
  resize_storage(size_);
  ask_for_huge_pages(data_.get(), size_);
}

void Arena::reserve_more(size_t count) {
  if (count <= capacity_ - size_) return;
  resize_storage(std::max({kFirstCapacity, capacity_ + capacity_ / 2, size_ + count}));
}

void Arena::resize_storage(size_t capacity) {
  void* moved = std::realloc(data_.get(), capacity);
  require_memory(moved != nullptr);
  static_cast<void>(data_.release());  // realloc owns the memory
  data_.reset(static_cast<uint8_t*>(moved));
  capacity_ = capacity;
}

}  // namespace inlet53::zone
