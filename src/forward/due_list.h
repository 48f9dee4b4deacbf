#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace inlet53::forward {

/// What is due when: a wheel of lists, one for each 4 ms of the next 16 s, so that setting a time
/// and taking it back cost the same however many there are. Items are numbers from 0.
/// Threads: one. Cost: O(1) each; `expire` and `next_us` look at the ticks that are between.
class DueList {
 public:
  /// `now_us`: the time at which it starts.
  explicit DueList(uint64_t now_us);

  /// Moves on to `now_us` over times at which nothing is due. Cost: O(1) nearly always.
  void catch_up(uint64_t now_us) noexcept;
  /// Makes an item due at `due_us`, in place of what it had. Requires: within 16 s from the last
  /// `expire`, or within 12 s from the last `catch_up`; a time that has passed is due at once.
  void set(uint32_t item, uint64_t due_us);
  void clear(uint32_t item) noexcept;
  /// Takes off one item that is due by `now_us`; absent when there is none.
  [[nodiscard]] std::optional<uint32_t> expire(uint64_t now_us) noexcept;
  /// When to look again: no item is due before. Absent when there is none.
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
  uint64_t tick_;                   // before it nothing is left
};

}  // namespace inlet53::forward
