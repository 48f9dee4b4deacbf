// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace inlet53 {

/// Unpredictable bytes from the kernel's generator (getrandom(2)), fetched in advance, for values
/// that an off-path attacker must not guess. Returned bytes are erased from the store. Threads:
/// one. Cost: a system call for each `kStore` bytes.
class RandomOctets {
 public:
  static constexpr size_t kStore = 1024;

  RandomOctets() = default;
  ~RandomOctets();
  RandomOctets(const RandomOctets&) = delete;
  RandomOctets& operator=(const RandomOctets&) = delete;

  [[nodiscard]] uint16_t u16() noexcept { return next<uint16_t>(); }
  [[nodiscard]] uint64_t u64() noexcept { return next<uint64_t>(); }
  /// Returns a number from 0 to `count` - 1. The probabilities are equal to within 2^-32.
  /// Requires: `count` is 1 to 2^32.
  [[nodiscard]] uint64_t below(uint64_t count) noexcept { return ((u64() >> 32) * count) >> 32; }

 private:
  template <class Value>
  [[nodiscard]] Value next() noexcept {
    if (kStore - used_ < sizeof(Value)) fill();
    Value value;
    std::memcpy(&value, &octets_[used_], sizeof value);
    std::memset(&octets_[used_], 0, sizeof value);
    used_ += sizeof value;
    return value;
  }
  void fill() noexcept;

  std::array<uint8_t, kStore> octets_{};
  size_t used_ = kStore;
};

}  // namespace inlet53
