// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace inlet53::forward {

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
