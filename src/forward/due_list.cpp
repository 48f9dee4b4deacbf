// SPDX-License-Identifier: Apache-2.0
#include "due_list.h"

#include <algorithm>
#include <bit>

namespace inlet53::forward {

DueList::DueList(uint64_t now_us)
    : first_(kTicks, kNone), occupied_(kTicks / 64, 0), tick_(now_us >> kTickBits) {}

void DueList::catch_up(uint64_t now_us) noexcept {
  const uint64_t now = now_us >> kTickBits;
  if (now < tick_ + kTicks / 4) return;
  for (size_t looked = 0; tick_ < now && first_[tick_ % kTicks] == kNone; ++tick_) {
    if (++looked == kTicks) tick_ = now - 1;  // every list is empty
  }
}

void DueList::set(uint32_t item, uint64_t due_us) {
  if (item >= items_.size()) items_.resize(item + 1);
  clear(item);
  Item& entry = items_[item];
  const uint64_t tick = std::clamp(due_us >> kTickBits, tick_, tick_ + kTicks - 1);
  entry.due_us = due_us;
  entry.list = static_cast<uint32_t>(tick % kTicks);
  entry.previous = kNone;
  entry.next = first_[entry.list];
  if (entry.next != kNone) items_[entry.next].previous = item;
  first_[entry.list] = item;
  occupied_[entry.list / 64] |= uint64_t{1} << (entry.list % 64);
}

void DueList::clear(uint32_t item) noexcept {
  if (item >= items_.size() || items_[item].list == kNone) return;
  Item& entry = items_[item];
  (entry.previous != kNone ? items_[entry.previous].next : first_[entry.list]) = entry.next;
  if (entry.next != kNone) items_[entry.next].previous = entry.previous;
  if (first_[entry.list] == kNone) {
    occupied_[entry.list / 64] &= ~(uint64_t{1} << (entry.list % 64));
  }
  entry.list = kNone;
}

std::optional<uint32_t> DueList::expire(uint64_t now_us) noexcept {
  const uint64_t now = now_us >> kTickBits;
  for (size_t looked = 0; tick_ <= now && looked < kTicks; ++looked) {
    for (uint32_t item = first_[tick_ % kTicks]; item != kNone; item = items_[item].next) {
      if (items_[item].due_us > now_us) continue;
      clear(item);
      return item;
    }
    if (tick_ == now) return std::nullopt;
    ++tick_;
  }
  tick_ = std::max(tick_, now);
  return std::nullopt;
}

std::optional<uint64_t> DueList::next_us() const noexcept {
  const size_t start = tick_ % kTicks;
  // Scans the words from the current position; its own word comes first and, for the part before
  // the position, last.
  for (size_t i = 0; i <= occupied_.size(); ++i) {
    const size_t word = (start / 64 + i) % occupied_.size();
    uint64_t bits = occupied_[word];
    if (i == 0) bits &= ~uint64_t{0} << (start % 64);
    if (i == occupied_.size()) bits &= ~(~uint64_t{0} << (start % 64));
    if (bits == 0) continue;
    const size_t list = word * 64 + static_cast<size_t>(std::countr_zero(bits));
    uint64_t due = UINT64_MAX;
    for (uint32_t item = first_[list]; item != kNone; item = items_[item].next) {
      due = std::min(due, items_[item].due_us);
    }
    return due;
  }
  return std::nullopt;
}

}  // namespace inlet53::forward
