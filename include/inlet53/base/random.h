// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace inlet53 {

/// Unpredictable bytes from the kernel's generator (getrandom(2)), fetched in advance, for values
/// that an off-path attacker must not guess. Returned bytes are erased from the store. Threads:
/// one. Cost: a system call for each `kStore` bytes.
class RandomBytes {
 public:
  static constexpr size_t kStore = 1024;

  RandomBytes() = default;
  ~RandomBytes();
  RandomBytes(const RandomBytes&) = delete;
  RandomBytes& operator=(const RandomBytes&) = delete;

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
    std::memcpy(&value, &bytes_[used_], sizeof value);
    std::memset(&bytes_[used_], 0, sizeof value);
    used_ += sizeof value;
    return value;
  }
  void fill() noexcept;

  std::array<uint8_t, kStore> bytes_{};
  size_t used_ = kStore;
};

/// Returns a random UUID, `8f5a6c1e-2b7d-4c3a-9e10-5d6f7a8b9c0d` (version 4). Source: RFC 9562
/// §5.4. Cost: one system call, getrandom.
[[nodiscard]] std::string random_uuid();

/// Returns random hexadecimal digits in lower case. Requires: `digits` is at most 64.
[[nodiscard]] std::string random_hex(size_t digits);

}  // namespace inlet53
