#include "entry_ring.h"

#include <cstring>

#include "entry.h"

namespace inlet53::cache {

size_t EntryRing::octets_of(const uint8_t* entry) noexcept { return entry_head(entry).octets; }

uint8_t* EntryRing::append(size_t octets) noexcept {
  if (!wrapped_ && size_ - head_ < octets) {
    if (tail_ < octets) return nullptr;
    wrapped_ = true;
    end_ = head_;
    head_ = 0;
  } else if (wrapped_ && tail_ - head_ < octets) {
    return nullptr;
  }
  uint8_t* const entry = memory_ + head_;
  head_ += octets;
  return entry;
}

void EntryRing::drop_oldest() noexcept {
  tail_ += octets_of(memory_ + tail_);
  if (wrapped_ && tail_ == end_) {
    tail_ = 0;
    wrapped_ = false;
  }
  if (!wrapped_ && tail_ == head_) tail_ = head_ = 0;
}

uint8_t* EntryRing::renew_oldest() noexcept {
  const uint8_t* const from = oldest();
  const size_t octets = octets_of(from);
  drop_oldest();
  // Cannot fail: room behind the newest entry grows by that of the oldest, or, when it is the end
  // of the memory that is too small, the room below the oldest does. Both may overlap it.
  uint8_t* const to = append(octets);
  std::memmove(to, from, octets);
  return to;
}

void EntryRing::clear() noexcept {
  head_ = tail_ = end_ = 0;
  wrapped_ = false;
}

}  // namespace inlet53::cache
