#pragma once

#include <cstddef>
#include <cstdint>

#include "entry.h"
#include "entry_ring.h"
#include "memory_mapping.h"

namespace inlet53::cache {

/// The entries of a cache and the table that leads to them, in one mapping:
///
///   buckets | fingerprints of what was let go | small ring | large ring
///
/// A bucket is one cache line of eight slots. It is chosen by the hash of the name alone, so that
/// what is known of a name is found in one place whatever type is asked, and somebody who asks one
/// name for all types only crowds that bucket. A full bucket gives up its least wanted entry: the
/// table has two slots for an entry of usual size, so that this is rare.
/// Source: Yang et al., "FIFO queues are all you need for cache eviction" (SOSP 2023), for S3-FIFO.
class EntryStore {
 public:
  /// `octets`: of everything; `max_stale_ms`: how long after its lifetime an answer is of use.
  EntryStore(size_t octets, uint32_t max_stale_ms);

  /// The entry in the bucket of `hash` that has `tag` and for which `matches(entry)` is true; null
  /// when there is none.
  template <class Matches>
  [[nodiscard]] uint8_t* find(uint64_t hash, uint32_t tag, const Matches& matches) const noexcept {
    for (const Slot& slot : bucket(hash).slots) {
      if (slot.tag != tag || slot.place == kNowhere) continue;
      uint8_t* const entry = at(slot.place);
      __builtin_prefetch(entry + 64);  // head and name lie on two lines: both on their way at once
      __builtin_prefetch(entry + 128);
      if (matches(entry)) return entry;
    }
    return nullptr;
  }

  /// Makes room for an entry and lets the table lead to it; entries that are wanted least go. The
  /// caller writes the entry, live, at once. `wanted`: it does not need to prove itself.
  /// Requires: `octets <= max_entry_octets()`.
  [[nodiscard]] uint8_t* add(uint64_t hash, uint32_t tag, size_t octets, bool wanted,
                             uint64_t now_ms) noexcept;
  /// Forgets an entry. Its room is made use of when its turn comes.
  void remove(uint8_t* entry) noexcept;
  /// Whether an entry is among those that were asked for again.
  [[nodiscard]] bool is_wanted(const uint8_t* entry) const noexcept {
    return entry >= large_begin_;
  }
  void clear() noexcept;

  /// Calls `visit(entry)` for each entry of the bucket of `hash`; it may remove it.
  template <class Visit>
  void for_each_in_bucket(uint64_t hash, const Visit& visit) const noexcept {
    for (const Slot& slot : bucket(hash).slots) {
      if (slot.place != kNowhere) visit(at(slot.place));
    }
  }
  /// Calls `visit(entry)` for each entry there is; it may remove it.
  template <class Visit>
  void for_each(const Visit& visit) const noexcept {
    const auto visit_live = [&](uint8_t* entry) {
      if (entry_head(entry).live) visit(entry);
    };
    small_.for_each(visit_live);
    large_.for_each(visit_live);
  }

  /// True when nothing of the entry may be answered any more.
  [[nodiscard]] bool is_past(const EntryHead& head, uint64_t now_ms) const noexcept;

  [[nodiscard]] size_t max_entry_octets() const noexcept { return max_entry_octets_; }
  [[nodiscard]] size_t memory_octets() const noexcept { return mapping_.size(); }
  [[nodiscard]] uint64_t evicted() const noexcept { return evicted_; }
  [[nodiscard]] uint64_t entry_count() const noexcept { return entry_count_; }
  [[nodiscard]] uint64_t entries_octets() const noexcept { return entries_octets_; }

 private:
  struct Slot {
    uint32_t tag;
    uint32_t place;  // of the entry, in units from the start of the mapping
  };
  struct alignas(64) Bucket {
    Slot slots[8];
  };
  static constexpr uint32_t kNowhere = 0;  // the first bucket stands there

  [[nodiscard]] uint8_t* at(uint32_t place) const noexcept {
    return mapping_.data() + size_t{place} * kUnit;
  }
  [[nodiscard]] uint32_t place_of(const uint8_t* entry) const noexcept {
    return static_cast<uint32_t>(static_cast<size_t>(entry - mapping_.data()) / kUnit);
  }
  [[nodiscard]] Bucket& bucket(uint64_t hash) const noexcept {
    return buckets_[(hash & 0xFFFFFFFF) * bucket_count_ >> 32];
  }
  [[nodiscard]] uint32_t& fingerprint(uint32_t tag) const noexcept {
    return fingerprints_[uint64_t{tag} * bucket_count_ >> 32];
  }
  [[nodiscard]] Slot& slot_of(const uint8_t* entry) const noexcept;
  [[nodiscard]] int worth(const uint8_t* entry, uint64_t now_ms) const noexcept;
  Slot& free_slot(uint64_t hash, uint64_t now_ms) noexcept;
  void evict(uint8_t* entry) noexcept;
  void forget(Slot& slot, uint8_t* entry) noexcept;
  void shrink_small(uint64_t now_ms) noexcept;
  [[nodiscard]] uint8_t* room_in_large(size_t octets, uint64_t now_ms) noexcept;

  MemoryMapping mapping_;
  uint32_t max_stale_ms_;
  size_t bucket_count_;
  Bucket* buckets_;
  uint32_t* fingerprints_;  // one for each bucket
  const uint8_t* large_begin_;
  size_t max_entry_octets_;
  EntryRing small_;
  EntryRing large_;
  bool large_was_full_ = false;
  uint64_t evicted_ = 0;
  uint64_t entry_count_ = 0;
  uint64_t entries_octets_ = 0;
};

}  // namespace inlet53::cache
