#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace inlet53 {

/// Octets that nobody can predict, from the kernel's generator (getrandom(2)), fetched ahead: what
/// an off-path attacker would have to guess. What was given out is wiped from the store.
/// Threads: none shared. Cost: a system call for each `kStore` octets.
class RandomOctets {
 public:
  static constexpr size_t kStore = 1024;

  RandomOctets() = default;
  ~RandomOctets();
  RandomOctets(const RandomOctets&) = delete;
  RandomOctets& operator=(const RandomOctets&) = delete;

  [[nodiscard]] uint16_t u16() noexcept { return static_cast<uint16_t>(take(2)); }
  [[nodiscard]] uint64_t u64() noexcept { return take(8); }
  /// One of 0 to `count` - 1, each as likely as the others to one in 2^32 (and better).
  /// Requires: `count` is 1 to 2^32.
  [[nodiscard]] uint64_t below(uint64_t count) noexcept { return ((take(8) >> 32) * count) >> 32; }

 private:
  [[nodiscard]] uint64_t take(size_t size) noexcept {
    if (kStore - taken_ < size) fill();
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i, ++taken_) {
      value = value << 8 | octets_[taken_];
      octets_[taken_] = 0;
    }
    return value;
  }
  void fill() noexcept;

  std::array<uint8_t, kStore> octets_{};
  size_t taken_ = kStore;
};

}  // namespace inlet53
