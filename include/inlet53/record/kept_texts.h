// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace inlet53::record {

/// Cache of texts by key. Each text is rendered when its key is first used, and kept until another
/// key needs its slot. A repeated text is then one copy of a fixed size.
/// Threads: one. Cost: about 20 instructions for a kept key; no allocation.
template <class Key, size_t kMaxText, size_t kSlots>
class KeptTexts {
  static_assert((kSlots & (kSlots - 1)) == 0);

 public:
  /// Writes the text of `key` to `out` and returns its end. `hash` selects the slot. `render`
  /// writes a text of 1 to kMaxText bytes to the address it gets and returns its end.
  /// Requires: kMaxText bytes at `out`.
  template <class Render>
  char* put(char* out, const Key& key, uint64_t hash, const Render& render) noexcept {
    constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio
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
    size_t size = 0;  // 0: the slot is empty
    Key key{};
    char text[kMaxText]{};
  };
  std::array<Kept, kSlots> kept_;
};

}  // namespace inlet53::record
