// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "fetch.h"

#include "inlet53/base/memory.h"
#include "inlet53/base/random.h"

namespace inlet53::forward {

/// Slot of a fetch with the runner's data about it; slots are reused.
struct FetchSlot {
  enum class State : uint8_t {
    Asking,
    Concluding,  // its waiters are being resumed
  };

  State state = State::Asking;
  uint32_t group = 0;          // in the TargetTable
  uint32_t scope = 0;          // the owner's
  uint64_t name_hash = 0;      // the owner's
  uint64_t hash = 0;           // of the question and the group
  uint32_t next = UINT32_MAX;  // with the same hash bucket
  uint32_t first_waiter = UINT32_MAX;
  uint32_t waiters = 0;
  std::optional<uint8_t> counted_place;  // of the target whose `in_flight` counts this fetch
  Fetch fetch;
};

/// Waiter for a fetch.
struct Waiter {
  bool waits = false;
  uint64_t token = 0;
  uint32_t fetch = 0;
  uint32_t generation = 0;
  uint32_t previous = UINT32_MAX;
  uint32_t next = UINT32_MAX;
};

/// Identifies one attempt of a fetch. After the end of the fetch it still identifies the target and
/// the send time, so that a late response counts for its target.
class AttemptToken {
 public:
  static constexpr uint32_t kMaxFetches = 1U << 24;

  explicit AttemptToken(uint64_t value) noexcept : value_(value) {}
  /// `uses`: use count of the fetch's slot.
  AttemptToken(uint32_t fetch, uint32_t uses, uint8_t attempt, uint32_t target,
               uint64_t sent_us) noexcept
      : value_(uint64_t{fetch} << 40 | uint64_t{attempt} << 36 |
               uint64_t{std::min(target, kNoTarget)} << 20 | (uses & kUsesMask) << 16 |
               (sent_us / kUnitUs & kTimeMask)) {}

  [[nodiscard]] uint64_t value() const noexcept { return value_; }
  [[nodiscard]] uint32_t fetch() const noexcept { return static_cast<uint32_t>(value_ >> 40); }
  [[nodiscard]] uint8_t attempt() const noexcept { return value_ >> 36 & 0xF; }
  /// Target of the attempt; absent: its number is too large for a token.
  [[nodiscard]] std::optional<uint32_t> target() const noexcept {
    const auto target = static_cast<uint32_t>(value_ >> 20 & kNoTarget);
    return target == kNoTarget ? std::nullopt : std::optional(target);
  }
  [[nodiscard]] bool fits(uint32_t uses, uint64_t sent_us) const noexcept {
    return (value_ >> 16 & kUsesMask) == (uses & kUsesMask) &&
           (value_ & kTimeMask) == (sent_us / kUnitUs & kTimeMask);
  }
  /// Send time with a resolution of 256 µs. Requires: it is less than 16 s ago.
  [[nodiscard]] uint64_t sent_us(uint64_t now) const noexcept {
    const uint64_t age = (now / kUnitUs - value_) & kTimeMask;
    return now - std::min(now, age * kUnitUs);
  }

 private:
  static_assert(kMaxAttempts <= 16);
  static constexpr uint32_t kNoTarget = 0xFFFF;
  static constexpr uint64_t kTimeMask = 0xFFFF;
  static constexpr uint64_t kUsesMask = 0xF;
  static constexpr uint64_t kUnitUs = 256;

  uint64_t value_;
};

/// Fetches in progress, by question and by number, and their waiters. References to fetches remain
/// valid while they are in progress. Questions are hashed with a secret, so that an attacker cannot
/// choose names that collide. Threads: one. Cost: O(1); the memory of fetches is freed after a
/// peak.
class FetchTable {
 public:
  /// `limit`: maximum number of fetches.
  FetchTable(uint32_t limit, RandomBytes& random);

  static constexpr uint32_t kNone = UINT32_MAX;

  [[nodiscard]] uint64_t hash(dns::NameView qname, uint16_t qtype, uint32_t group) const noexcept;
  /// Returns the fetch with this question that a waiter can join; kNone when there is none.
  [[nodiscard]] uint32_t find(uint64_t hash, dns::NameView qname, uint16_t qtype,
                              uint32_t group) const noexcept;
  /// Allocates a fetch in state Asking that `find` does not return yet. Absent when the limit is
  /// reached.
  [[nodiscard]] std::optional<uint32_t> allocate();
  /// Makes a fetch visible to `find`. Requires: its query, group and hash are set.
  void publish(uint32_t index) noexcept;
  /// Hides a fetch from `find`.
  void withdraw(uint32_t index) noexcept;
  /// Requires: withdrawn, no waiters.
  void release(uint32_t index);

  [[nodiscard]] FetchSlot& operator[](uint32_t index) noexcept { return slots_[index]; }
  /// Returns the use count of a fetch's slot. Requires: the fetch is in progress.
  [[nodiscard]] uint32_t uses(uint32_t index) const noexcept { return slots_.uses(index); }
  [[nodiscard]] size_t size() const noexcept { return slots_.size(); }

  WaiterId add_waiter(uint32_t fetch, uint64_t token);
  /// Removes a waiter and returns its fetch; absent when the waiter has ended.
  std::optional<uint32_t> remove_waiter(WaiterId waiter);
  /// Removes the first waiter of a fetch and returns its token; absent when there is none.
  [[nodiscard]] std::optional<uint64_t> pop_waiter(uint32_t fetch);

  /// Returns the fetch of an attempt; kNone: it has ended.
  [[nodiscard]] uint32_t find(AttemptToken token) const noexcept;

 private:
  void unlink(uint32_t index);

  const uint32_t limit_;
  const uint64_t secrets_[2];
  SlotPool<FetchSlot> slots_;
  std::vector<uint32_t> buckets_;
  std::deque<Waiter> waiters_;
  std::vector<uint32_t> free_waiters_;
};

/// Timer wheel: one list for each 4 ms of the next 16 s, so that setting and clearing a time costs
/// the same for any number of items. Items are numbers from 0. Threads: one. Cost: O(1) each;
/// `expire` and `next_us` scan the ticks in between.
class DueList {
 public:
  /// `now_us`: start time.
  explicit DueList(uint64_t now_us);

  /// Advances to `now_us` over ticks without items. Cost: nearly always O(1).
  void catch_up(uint64_t now_us) noexcept;
  /// Sets the time of an item and replaces its former time. Requires: `due_us` is within 16 s of
  /// the last `expire`, or within 12 s of the last `catch_up`. A time in the past is due at once.
  void set(uint32_t item, uint64_t due_us);
  void clear(uint32_t item) noexcept;
  /// Removes and returns one item that is due by `now_us`; absent when there is none.
  [[nodiscard]] std::optional<uint32_t> expire(uint64_t now_us) noexcept;
  /// Returns the time of the next call of `expire`; no item is due earlier. Absent when there are
  /// no items.
  [[nodiscard]] std::optional<uint64_t> next_us() const noexcept;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr unsigned kTickBits = 12;
  static constexpr size_t kTicks = 4096;
  struct Item {
    uint64_t due_us = 0;
    uint32_t previous = kNone;
    uint32_t next = kNone;
    uint32_t list = kNone;  // kNone: in none
  };

  std::vector<Item> items_;
  std::vector<uint32_t> first_;     // of each list
  std::vector<uint64_t> occupied_;  // a bit for each list
  uint64_t tick_;                   // no items are before it
};

}  // namespace inlet53::forward
