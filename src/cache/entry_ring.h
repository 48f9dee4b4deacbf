#pragma once

#include <cstddef>
#include <cstdint>

namespace inlet53::cache {

/// Entries one behind the other in the order in which they came, in a fixed piece of memory that is
/// used round and round: room is made at the oldest entry and taken behind the newest.
class EntryRing {
 public:
  /// Uses `octets` at `memory`; both are multiples of kUnit.
  EntryRing(uint8_t* memory, size_t octets) noexcept : memory_(memory), size_(octets) {}

  /// Room for an entry in one piece, behind the newest; null when there is none. The caller writes
  /// its head at once.
  [[nodiscard]] uint8_t* append(size_t octets) noexcept;
  /// The oldest entry, null when there is none.
  [[nodiscard]] uint8_t* oldest() const noexcept {
    return !wrapped_ && tail_ == head_ ? nullptr : memory_ + tail_;
  }
  /// Gives up the room of the oldest entry. Requires: there is one.
  void drop_oldest() noexcept;
  /// Makes the oldest entry the newest and returns where it is then. Requires: there is one.
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
  size_t head_ = 0;  // where the next entry goes
  size_t tail_ = 0;  // where the oldest is
  size_t end_ = 0;   // of the entries above the tail, when wrapped: behind it is no room for one
  bool wrapped_ = false;  // the newest entries stand below the oldest
};

}  // namespace inlet53::cache
