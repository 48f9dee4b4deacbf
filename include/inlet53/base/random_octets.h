#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

  [[nodiscard]] uint16_t u16() noexcept { return take<uint16_t>(); }
  [[nodiscard]] uint64_t u64() noexcept { return take<uint64_t>(); }
  /// One of 0 to `count` - 1, each as likely as the others to one in 2^32 (and better).
  /// Requires: `count` is 1 to 2^32.
  [[nodiscard]] uint64_t below(uint64_t count) noexcept { return ((u64() >> 32) * count) >> 32; }

 private:
  template <class Value>
  [[nodiscard]] Value take() noexcept {
    if (kStore - taken_ < sizeof(Value)) fill();
    Value value;
    std::memcpy(&value, &octets_[taken_], sizeof value);
    std::memset(&octets_[taken_], 0, sizeof value);
    taken_ += sizeof value;
    return value;
  }
  void fill() noexcept;

  std::array<uint8_t, kStore> octets_{};
  size_t taken_ = kStore;
};

}  // namespace inlet53
