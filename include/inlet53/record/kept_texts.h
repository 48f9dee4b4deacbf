// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace inlet53::record {

/// The texts of some keys, each made when its key is first seen and kept until another key needs
/// its slot: what repeats from record to record is one copy of a fixed size.
/// Threads: one. Cost: some 20 instructions for a key that is kept; no allocation.
template <class Key, size_t kMaxText, size_t kSlots>
class KeptTexts {
  static_assert((kSlots & (kSlots - 1)) == 0);

 public:
  /// Writes the text of `key` at `out` and returns its end. `hash` decides about the slot.
  /// `render` makes a text at the place it is given, of 1 to kMaxText octets, and returns its end.
  /// Requires: kMaxText octets at `out`.
  template <class Render>
  char* put(char* out, const Key& key, uint64_t hash, const Render& render) noexcept {
    constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 by the golden ratio
    Kept& kept = kept_[(hash * kSpread >> 32) % kSlots];
    if (kept.size == 0 || kept.key != key) {
      kept.key = key;
      kept.size = static_cast<size_t>(render(kept.text) - kept.text);
    }
    std::memcpy(out, kept.text, kMaxText);
    return out + kept.size;
  }

 private:
  struct Kept {
    size_t size = 0;  // 0: none
    Key key{};
    char text[kMaxText]{};
  };
  std::array<Kept, kSlots> kept_;
};

}  // namespace inlet53::record
