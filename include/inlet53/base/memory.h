// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "inlet53/base/check.h"

namespace inlet53 {

/// Objects in numbered slots. Some released objects are kept for later use, so that a steady load
/// allocates nothing; the others are freed after a peak. References stay valid until the release.
/// Threads: one. Cost: O(1).
template <class T>
class SlotPool {
 public:
  /// Number of released objects that are kept in addition to as many as are in use.
  static constexpr size_t kSpare = 64;

  /// Returns the number of a slot with an object that is new or in the state of its last use.
  [[nodiscard]] uint32_t acquire() {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const uint32_t number = free_.back();
    free_.pop_back();
    Slot& slot = slots_[number];
    ++slot.uses;
    if (spare_.empty()) {
      slot.object = std::make_unique<T>();
    } else {
      slot.object = std::move(spare_.back());
      spare_.pop_back();
    }
    return number;
  }

  /// Requires: the slot is in use.
  void release(uint32_t number) {
    INLET53_CHECK(slots_[number].object != nullptr);
    spare_.push_back(std::move(slots_[number].object));
    free_.push_back(number);
    while (spare_.size() > size() + kSpare) spare_.pop_back();
  }

  /// Requires: the slot is in use.
  [[nodiscard]] T& operator[](uint32_t number) noexcept { return *slots_[number].object; }
  [[nodiscard]] const T& operator[](uint32_t number) const noexcept {
    return *slots_[number].object;
  }
  /// Returns null when the slot is not in use. `number` may be any number.
  [[nodiscard]] T* find(uint32_t number) const noexcept {
    return number < slots_.size() ? slots_[number].object.get() : nullptr;
  }
  /// Returns how many times the slot was acquired. Requires: at least once.
  [[nodiscard]] uint32_t uses(uint32_t number) const noexcept { return slots_[number].uses; }

  /// Returns the number of slots in use.
  [[nodiscard]] size_t size() const noexcept { return slots_.size() - free_.size(); }
  /// Returns the highest number of slots that were in use at once. Slot numbers are below it.
  [[nodiscard]] uint32_t slots() const noexcept { return static_cast<uint32_t>(slots_.size()); }
  /// Returns the number of objects that are kept for later use.
  [[nodiscard]] size_t spare() const noexcept { return spare_.size(); }

 private:
  struct Slot {
    std::unique_ptr<T> object;
    uint32_t uses = 0;
  };

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<std::unique_ptr<T>> spare_;
};

/// Empties a value and frees its memory. `value = {}` only empties it: strings and vectors keep
/// their buffers when an empty value is assigned to them.
template <class T>
void release_memory(T& value) noexcept {
  const T released = std::exchange(value, T{});
}

}  // namespace inlet53
