// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "inlet53/base/check.h"

namespace inlet53 {

/// Objects in numbered slots. An object that is released is kept for a later use while there are
/// few of them, so that a steady load allocates nothing; after a peak their memory is given back.
/// References stay valid until the release. Threads: one. Cost: O(1).
template <class T>
class SlotPool {
 public:
  /// Released objects that are kept, beside as many as are in use.
  static constexpr size_t kSpare = 64;

  /// Returns the number of a slot with an object that is new, or as its last use left it.
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
  /// Null when the slot is not in use; any number.
  [[nodiscard]] T* find(uint32_t number) const noexcept {
    return number < slots_.size() ? slots_[number].object.get() : nullptr;
  }
  /// Returns how many times the slot was acquired. Requires: at least once.
  [[nodiscard]] uint32_t uses(uint32_t number) const noexcept { return slots_[number].uses; }

  /// Slots in use.
  [[nodiscard]] size_t size() const noexcept { return slots_.size() - free_.size(); }
  /// Slots that were in use at once, at most: numbers are below it.
  [[nodiscard]] uint32_t slots() const noexcept { return static_cast<uint32_t>(slots_.size()); }
  /// Objects that are kept for later uses.
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

}  // namespace inlet53
