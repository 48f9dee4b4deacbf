#include "entry_store.h"

#include <algorithm>
#include <cstring>

#include <unistd.h>

#include "inlet53/base/check.h"

namespace inlet53::cache {

namespace {

// A usual entry (one question's addresses and their log text) takes 200 to 300 octets.
constexpr size_t kOctetsForBucket = 512;
constexpr size_t kLine = 64;
// The authors of S3-FIFO found a tenth best over 6,594 traces, and two visits a good proof.
constexpr size_t kSmallShare = 10;
constexpr uint8_t kProof = 2;
// Entries that get another round while room is made for one: bounds the work of an insert.
constexpr int kMaxRenewals = 16;

size_t whole_pages(size_t octets) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return octets / page * page;
}

size_t whole_units(size_t octets) { return octets / kUnit * kUnit; }

/// How the mapping is divided, as offsets.
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
  // Of a failure it is remembered for as long again that there was one, so that the next counts
  // as another in a row.
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

// How much would be lost with an entry: least when it is past its time, most when it has proved
// itself.
int EntryStore::worth(const uint8_t* entry, uint64_t now_ms) const noexcept {
  const EntryHead& head = entry_head(entry);
  if (is_past(head, now_ms)) return -1;
  return head.visits + (is_wanted(entry) ? kMaxVisits + 1 : 0);
}

// A slot of the bucket of `hash`. When all are taken, the entry goes that is worth least.
EntryStore::Slot& EntryStore::free_slot(uint64_t hash, uint64_t now_ms) noexcept {
  Slot* chosen = nullptr;
  int least = 0;
  for (Slot& slot : bucket(hash).slots) {
    if (slot.place == kNowhere) return slot;
    const int lost = worth(at(slot.place), now_ms);
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
  // What moves from here on is nothing: the room may not be read before the caller has written it.
  free_slot(hash, now_ms) = {tag, place_of(entry)};
  ++entry_count_;
  entries_octets_ += octets;
  return entry;
}

// Lets the oldest entry of the small ring go, or move on.
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
      to = large_.append(head.octets);  // nobody needs the room yet
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
