// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "entry.h"

namespace inlet53::cache {

/// Zeroed memory from the system in whole pages. Untouched pages use no memory.
class MemoryMapping {
 public:
  /// Maps `octets` bytes, a multiple of the page size. Throws std::bad_alloc when the system has
  /// none.
  explicit MemoryMapping(size_t octets);
  ~MemoryMapping();
  MemoryMapping(const MemoryMapping&) = delete;
  MemoryMapping& operator=(const MemoryMapping&) = delete;

  [[nodiscard]] uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  /// Zeroes everything; returns the pages to the system where it allows that.
  void clear() noexcept;

 private:
  uint8_t* data_;
  size_t size_;
};

/// Ring buffer of entries in the order of insertion, in a memory of fixed size: `drop_oldest` frees
/// space at the oldest entry, and `append` uses space after the newest.
class EntryRing {
 public:
  /// Uses `octets` bytes at `memory`; both are multiples of kUnit.
  EntryRing(uint8_t* memory, size_t octets) noexcept : memory_(memory), size_(octets) {}

  /// Returns contiguous space for an entry after the newest one; null when there is none. The
  /// caller writes its head at once.
  [[nodiscard]] uint8_t* append(size_t octets) noexcept;
  /// Returns the oldest entry, null when there is none.
  [[nodiscard]] uint8_t* oldest() const noexcept {
    return !wrapped_ && tail_ == head_ ? nullptr : memory_ + tail_;
  }
  /// Frees the space of the oldest entry. Requires: there is one.
  void drop_oldest() noexcept;
  /// Moves the oldest entry to the newest position and returns its new address. Requires: there is
  /// one.
  [[nodiscard]] uint8_t* renew_oldest() noexcept;
  void clear() noexcept;

  /// Calls `visit(entry)` for each entry, the oldest first.
  template <class Visit>
  void for_each(const Visit& visit) const noexcept {
    walk(tail_, wrapped_ ? end_ : head_, visit);
    if (wrapped_) walk(0, head_, visit);
  }

 private:
  template <class Visit>
  void walk(size_t at, size_t end, const Visit& visit) const noexcept {
    while (at < end) {
      uint8_t* const entry = memory_ + at;
      at += octets_of(entry);
      visit(entry);
    }
  }
  [[nodiscard]] static size_t octets_of(const uint8_t* entry) noexcept;

  uint8_t* memory_;
  size_t size_;
  size_t head_ = 0;       // where the next entry goes
  size_t tail_ = 0;       // where the oldest is
  size_t end_ = 0;        // end of the entries above the tail, when wrapped: no entry fits after it
  bool wrapped_ = false;  // the newest entries are below the oldest
};

/// Entries of a cache and their hash table, in one mapping:
///
/// buckets | fingerprints of dropped entries | small ring | large ring
///
/// A bucket is one cache line of eight slots. The hash of the name alone chooses it, so that one
/// lookup finds all types of a name, and a client that queries one name with all types fills only
/// that bucket. A full bucket drops its least valuable entry. The table has two slots per entry of
/// usual size, so that this is rare. Source: Yang et al., "FIFO queues are all you need for cache
/// eviction" (SOSP 2023), for S3-FIFO.
class EntryStore {
 public:
  /// `octets`: total size in bytes. `max_stale_ms`: time after its lifetime for which an answer is
  /// usable.
  EntryStore(size_t octets, uint32_t max_stale_ms);

  /// Returns the entry in the bucket of `hash` that has `tag` and for which `matches(entry)` is
  /// true; null when there is none.
  template <class Matches>
  [[nodiscard]] uint8_t* find(uint64_t hash, uint32_t tag, const Matches& matches) const noexcept {
    for (const Slot& slot : bucket(hash).slots) {
      if (slot.tag != tag || slot.place == kNowhere) continue;
      uint8_t* const entry = at(slot.place);
      __builtin_prefetch(entry + 64);  // head and name are on two lines: prefetch both
      __builtin_prefetch(entry + 128);
      if (matches(entry)) return entry;
    }
    return nullptr;
  }

  /// Allocates an entry and adds it to the table; drops the least valuable entries for it. The
  /// caller writes the live entry at once. `wanted`: the entry goes to the large ring. Requires:
  /// `octets <= max_entry_octets()`.
  [[nodiscard]] uint8_t* add(uint64_t hash, uint32_t tag, size_t octets, bool wanted,
                             uint64_t now_ms) noexcept;
  /// Removes an entry. Its space is reused when it becomes the oldest.
  void remove(uint8_t* entry) noexcept;
  /// Returns whether an entry is in the large ring, of entries with repeated hits.
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
  /// Calls `visit(entry)` for each live entry; it may remove the entry.
  template <class Visit>
  void for_each(const Visit& visit) const noexcept {
    const auto visit_live = [&](uint8_t* entry) {
      if (entry_head(entry).live) visit(entry);
    };
    small_.for_each(visit_live);
    large_.for_each(visit_live);
  }

  /// Returns true when the entry can no longer be used in an answer.
  [[nodiscard]] bool is_past(const EntryHead& head, uint64_t now_ms) const noexcept;

  [[nodiscard]] size_t max_entry_octets() const noexcept { return max_entry_octets_; }
  [[nodiscard]] size_t memory_octets() const noexcept { return mapping_.size(); }
  [[nodiscard]] uint64_t evicted() const noexcept { return evicted_; }
  [[nodiscard]] uint64_t entry_count() const noexcept { return entry_count_; }
  [[nodiscard]] uint64_t entries_octets() const noexcept { return entries_octets_; }

 private:
  struct Slot {
    uint32_t tag;
    uint32_t place;  // of the entry, in units from the start of the mapping; or kNowhere
  };
  struct alignas(64) Bucket {
    Slot slots[8];
  };
  static constexpr uint32_t kNowhere = 0;  // the first bucket is at place 0

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
  [[nodiscard]] int value_of(const uint8_t* entry, uint64_t now_ms) const noexcept;
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
