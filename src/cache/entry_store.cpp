// SPDX-License-Identifier: Apache-2.0
#include "entry_store.h"

#include <algorithm>
#include <cstring>

#include "entry.h"
#include <sys/mman.h>
#include <unistd.h>

#include "inlet53/base/check.h"

namespace inlet53::cache {

MemoryMapping::MemoryMapping(size_t octets) : size_(octets) {
  void* const mapped =
      mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require_memory(mapped != MAP_FAILED);
  data_ = static_cast<uint8_t*>(mapped);
  // Lookups access all of it: with small pages each lookup would also miss the TLB. A system
  // without huge pages rejects the call, which is harmless.
  static_cast<void>(madvise(mapped, octets, MADV_HUGEPAGE));
}

MemoryMapping::~MemoryMapping() { munmap(data_, size_); }

// System call filters and locked pages can reject this call.
void MemoryMapping::clear() noexcept {
  if (madvise(data_, size_, MADV_DONTNEED) != 0) std::memset(data_, 0, size_);
}

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
  // Cannot fail: the space of the oldest entry is now free after the newest entry or, if that space
  // at the end of the memory is too small, before the oldest one. Source and target may overlap.
  uint8_t* const to = append(octets);
  std::memmove(to, from, octets);
  return to;
}

void EntryRing::clear() noexcept {
  head_ = tail_ = end_ = 0;
  wrapped_ = false;
}

namespace {

// A usual entry (the addresses and log text of one question) has 200 to 300 bytes.
constexpr size_t kOctetsForBucket = 512;
constexpr size_t kLine = 64;
// The authors of S3-FIFO found a tenth and two hits to be best over 6,594 traces.
constexpr size_t kSmallShare = 10;
constexpr uint8_t kProof = 2;
// Maximum number of entries that one insert moves to the newest position: bounds the work.
constexpr int kMaxRenewals = 16;

size_t whole_pages(size_t octets) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return octets / page * page;
}

size_t whole_units(size_t octets) { return octets / kUnit * kUnit; }

/// Parts of the mapping, as offsets.
struct Division {
  explicit Division(size_t octets)
      : buckets(octets / (kOctetsForBucket + kLine + sizeof(uint32_t))),
        fingerprints(buckets * kLine),
        small((fingerprints + buckets * sizeof(uint32_t) + kLine - 1) / kLine * kLine),
        large(small + whole_units((octets - small) / kSmallShare)) {}

  size_t buckets;  // how many
  size_t fingerprints;
  size_t small;
  size_t large;
};

}  // namespace

EntryStore::EntryStore(size_t octets, uint32_t max_stale_ms)
    : mapping_(whole_pages(octets)),
      max_stale_ms_(max_stale_ms),
      small_(nullptr, 0),
      large_(nullptr, 0) {
  INLET53_CHECK(octets >= kMinOctets && octets <= kMaxOctets);
  static_assert(sizeof(Bucket) == kLine);
  const Division division(mapping_.size());
  uint8_t* const memory = mapping_.data();
  bucket_count_ = division.buckets;
  buckets_ = reinterpret_cast<Bucket*>(memory);
  fingerprints_ = reinterpret_cast<uint32_t*>(memory + division.fingerprints);
  large_begin_ = memory + division.large;
  const size_t small_octets = division.large - division.small;
  small_ = EntryRing(memory + division.small, small_octets);
  large_ = EntryRing(memory + division.large, mapping_.size() - division.large);
  max_entry_octets_ = small_octets / 2;
}

bool EntryStore::is_past(const EntryHead& head, uint64_t now_ms) const noexcept {
  // A failure is kept for its lifetime once more, so that the next failure counts as consecutive.
  const uint32_t after =
      is_failure(static_cast<dns::Rcode>(head.rcode)) ? head.lifetime_ms : max_stale_ms_;
  return age_ms(head, now_ms) >= uint64_t{head.lifetime_ms} + after;
}

EntryStore::Slot& EntryStore::slot_of(const uint8_t* entry) const noexcept {
  Bucket& home = bucket(entry_head(entry).hash);
  const uint32_t place = place_of(entry);
  Slot* slot = home.slots;
  while (slot->place != place) ++slot;
  return *slot;
}

void EntryStore::forget(Slot& slot, uint8_t* entry) noexcept {
  EntryHead& head = entry_head(entry);
  slot = {0, kNowhere};
  head.live = false;
  --entry_count_;
  entries_octets_ -= head.octets;
}

void EntryStore::remove(uint8_t* entry) noexcept { forget(slot_of(entry), entry); }

void EntryStore::evict(uint8_t* entry) noexcept {
  remove(entry);
  ++evicted_;
}

// Value of an entry: lowest for an expired one, highest for one in the large ring.
int EntryStore::value_of(const uint8_t* entry, uint64_t now_ms) const noexcept {
  const EntryHead& head = entry_head(entry);
  if (is_past(head, now_ms)) return -1;
  return head.visits + (is_wanted(entry) ? kMaxVisits + 1 : 0);
}

// Returns a free slot in the bucket of `hash`; drops the least valuable entry when there is none.
EntryStore::Slot& EntryStore::free_slot(uint64_t hash, uint64_t now_ms) noexcept {
  Slot* chosen = nullptr;
  int least = 0;
  for (Slot& slot : bucket(hash).slots) {
    if (slot.place == kNowhere) return slot;
    const int lost = value_of(at(slot.place), now_ms);
    if (chosen != nullptr && lost >= least) continue;
    least = lost;
    chosen = &slot;
  }
  forget(*chosen, at(chosen->place));
  ++evicted_;
  return *chosen;
}

uint8_t* EntryStore::add(uint64_t hash, uint32_t tag, size_t octets, bool wanted,
                         uint64_t now_ms) noexcept {
  const auto print = static_cast<uint32_t>(hash) | 1;
  uint8_t* entry = nullptr;
  if (wanted || fingerprint(tag) == print) {
    entry = room_in_large(octets, now_ms);
  } else {
    while ((entry = small_.append(octets)) == nullptr) shrink_small(now_ms);
  }
  // Nothing may read the space until the caller has written the entry, so no entry may move from
  // here on.
  free_slot(hash, now_ms) = {tag, place_of(entry)};
  ++entry_count_;
  entries_octets_ += octets;
  return entry;
}

// Drops the oldest entry of the small ring or moves it to the large one.
void EntryStore::shrink_small(uint64_t now_ms) noexcept {
  uint8_t* const entry = small_.oldest();
  EntryHead& head = entry_head(entry);
  if (head.live) {
    Slot& slot = slot_of(entry);
    const bool past = is_past(head, now_ms);
    uint8_t* to = nullptr;
    if (!past && head.visits >= kProof) {
      to = room_in_large(head.octets, now_ms);
    } else if (!past && !large_was_full_) {
      to = large_.append(head.octets);  // there is still free space
    }
    if (to != nullptr) {
      std::memcpy(to, entry, head.octets);
      entry_head(to).visits = 0;
      slot.place = place_of(to);
    } else {
      if (!past) fingerprint(slot.tag) = static_cast<uint32_t>(head.hash) | 1;
      evict(entry);
    }
  }
  small_.drop_oldest();
}

uint8_t* EntryStore::room_in_large(size_t octets, uint64_t now_ms) noexcept {
  int renewals = kMaxRenewals;
  for (;;) {
    if (uint8_t* const room = large_.append(octets)) return room;
    large_was_full_ = true;
    uint8_t* const entry = large_.oldest();
    EntryHead& head = entry_head(entry);
    if (head.live && head.visits > 0 && renewals > 0 && !is_past(head, now_ms)) {
      --renewals;
      --head.visits;
      Slot& slot = slot_of(entry);
      slot.place = place_of(large_.renew_oldest());
      continue;
    }
    if (head.live) evict(entry);
    large_.drop_oldest();
  }
}

void EntryStore::clear() noexcept {
  mapping_.clear();
  small_.clear();
  large_.clear();
  large_was_full_ = false;
  entry_count_ = 0;
  entries_octets_ = 0;
}

}  // namespace inlet53::cache
