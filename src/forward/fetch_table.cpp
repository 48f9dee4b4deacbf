// SPDX-License-Identifier: Apache-2.0
#include "fetch_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "inlet53/base/check.h"

namespace inlet53::forward {

namespace {

// Hashes two words: the XOR of both halves of their product depends on every bit of both.
uint64_t mix(uint64_t a, uint64_t b) noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

FetchTable::FetchTable(uint32_t limit, RandomBytes& random)
    : limit_(std::min(limit, AttemptToken::kMaxFetches)),
      secrets_{random.u64() | 1, random.u64() | 1},
      buckets_(std::bit_ceil(size_t{limit_}), kNone) {}

uint64_t FetchTable::hash(dns::NameView qname, uint16_t qtype, uint32_t group) const noexcept {
  uint64_t value = mix(secrets_[0] ^ (uint64_t{group} << 16 | qtype), secrets_[1] + qname.size());
  const uint8_t* data = qname.data();
  for (size_t at = 0; at < qname.size(); at += sizeof value) {
    uint64_t word = 0;
    std::memcpy(&word, data + at, std::min(sizeof word, qname.size() - at));
    value = mix(value ^ word, secrets_[1]) + secrets_[0];
  }
  return mix(value, secrets_[0]);
}

uint32_t FetchTable::find(uint64_t hash, dns::NameView qname, uint16_t qtype,
                          uint32_t group) const noexcept {
  uint32_t index = buckets_[hash & (buckets_.size() - 1)];
  for (; index != kNone; index = slots_[index].next) {
    const FetchSlot& slot = slots_[index];
    if (slot.hash == hash && slot.group == group && slot.fetch.query().qtype() == qtype &&
        slot.fetch.query().qname().equals(qname)) {
      return index;
    }
  }
  return kNone;
}

std::optional<uint32_t> FetchTable::allocate() {
  if (slots_.size() >= limit_) return std::nullopt;
  const uint32_t index = slots_.acquire();
  slots_[index].state = FetchSlot::State::Asking;
  return index;
}

void FetchTable::publish(uint32_t index) noexcept {
  uint32_t& bucket = buckets_[slots_[index].hash & (buckets_.size() - 1)];
  slots_[index].next = bucket;
  bucket = index;
}

void FetchTable::withdraw(uint32_t index) noexcept {
  uint32_t* link = &buckets_[slots_[index].hash & (buckets_.size() - 1)];
  while (*link != kNone && *link != index) link = &slots_[*link].next;
  if (*link == index) *link = slots_[index].next;
}

void FetchTable::release(uint32_t index) {
  INLET53_CHECK(slots_[index].first_waiter == kNone);
  slots_.release(index);
}

WaiterId FetchTable::add_waiter(uint32_t fetch_index, uint64_t token) {
  uint32_t index = 0;
  if (free_waiters_.empty()) {
    index = static_cast<uint32_t>(waiters_.size());
    waiters_.emplace_back();
  } else {
    index = free_waiters_.back();
    free_waiters_.pop_back();
  }
  FetchSlot& slot = slots_[fetch_index];
  Waiter& waiter = waiters_[index];
  waiter.waits = true;
  waiter.token = token;
  waiter.fetch = fetch_index;
  waiter.previous = kNone;
  waiter.next = slot.first_waiter;
  if (waiter.next != kNone) waiters_[waiter.next].previous = index;
  slot.first_waiter = index;
  ++slot.waiters;
  return {index, waiter.generation};
}

void FetchTable::unlink(uint32_t index) {
  Waiter& waiter = waiters_[index];
  FetchSlot& slot = slots_[waiter.fetch];
  (waiter.previous != kNone ? waiters_[waiter.previous].next : slot.first_waiter) = waiter.next;
  if (waiter.next != kNone) waiters_[waiter.next].previous = waiter.previous;
  --slot.waiters;
  waiter.waits = false;
  ++waiter.generation;
  free_waiters_.push_back(index);
}

std::optional<uint32_t> FetchTable::remove_waiter(WaiterId id) {
  if (id.index >= waiters_.size()) return std::nullopt;
  const Waiter& waiter = waiters_[id.index];
  if (!waiter.waits || waiter.generation != id.generation) return std::nullopt;
  const uint32_t fetch = waiter.fetch;
  unlink(id.index);
  return fetch;
}

std::optional<uint64_t> FetchTable::pop_waiter(uint32_t fetch) {
  const uint32_t index = slots_[fetch].first_waiter;
  if (index == kNone) return std::nullopt;
  const uint64_t token = waiters_[index].token;
  unlink(index);
  return token;
}

uint32_t FetchTable::find(AttemptToken token) const noexcept {
  const FetchSlot* const slot = slots_.find(token.fetch());
  if (slot == nullptr || slot->state != FetchSlot::State::Asking) return kNone;
  if (token.attempt() >= slot->fetch.attempt_count()) return kNone;
  const uint64_t sent_us = slot->fetch.attempt(token.attempt()).sent_us;
  return token.fits(slots_.uses(token.fetch()), sent_us) ? token.fetch() : kNone;
}

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
