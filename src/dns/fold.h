// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace inlet53::dns {

/// A-Z become a-z in all eight octets of a word; other octets stay (RFC 4343 §3).
[[nodiscard]] constexpr uint64_t fold_word(uint64_t word) noexcept {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x80 * kOnes;
  // With the high bits away, the additions can't carry from octet to octet.
  const uint64_t low = word & ~kHigh;
  const uint64_t at_least_a = low + (0x80 - 'A') * kOnes;
  const uint64_t above_z = low + (0x7F - 'Z') * kOnes;
  const uint64_t upper = (at_least_a ^ above_z) & ~word & kHigh;
  return word | (upper >> 2);  // 0x80 >> 2 is 0x20, the bit between the cases
}

[[nodiscard]] constexpr uint8_t fold_octet(uint8_t octet) noexcept {
  return octet >= 'A' && octet <= 'Z' ? static_cast<uint8_t>(octet | 0x20) : octet;
}

[[nodiscard]] inline uint64_t load_word(const uint8_t* p) noexcept {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// Sixteen octets side by side: GCC and Clang turn operations on them into the processor's own.
using FoldOctets = int8_t __attribute__((vector_size(16)));

/// The same for sixteen octets. Those from 0x80 on are negative, and no letters.
[[nodiscard]] inline FoldOctets fold_octets(FoldOctets octets) noexcept {
  const FoldOctets upper = (octets > 'A' - 1) & (octets < 'Z' + 1);
  return octets | (upper & 0x20);
}

/// Copies `size` octets in lower case, a `Block` at a time. Requires: a block or more.
template <class Block, Block (*fold)(Block) noexcept>
void fold_blocks(uint8_t* out, const uint8_t* in, size_t size) noexcept {
  const auto fold_at = [&](size_t i) {
    Block block;
    std::memcpy(&block, in + i, sizeof block);
    block = fold(block);
    std::memcpy(out + i, &block, sizeof block);
  };
  for (size_t i = 0; i + sizeof(Block) < size; i += sizeof(Block)) fold_at(i);
  fold_at(size - sizeof(Block));  // overlaps the one before: folding twice is folding once
}

/// Copies `size` octets in lower case. A name can be folded whole: its length octets are at most
/// 63 and 'A' is 65. Reads and writes nothing beyond `size`.
inline void fold_copy(uint8_t* out, const uint8_t* in, size_t size) noexcept {
  if (size >= sizeof(FoldOctets)) return fold_blocks<FoldOctets, fold_octets>(out, in, size);
  if (size >= sizeof(uint64_t)) return fold_blocks<uint64_t, fold_word>(out, in, size);
  for (size_t i = 0; i < size; ++i) out[i] = fold_octet(in[i]);
}

/// Whether `size` octets are equal, the case of letters aside.
[[nodiscard]] inline bool fold_equal(const uint8_t* a, const uint8_t* b, size_t size) noexcept {
  constexpr size_t kWord = sizeof(uint64_t);
  if (size < kWord) {
    for (size_t i = 0; i < size; ++i) {
      if (a[i] != b[i] && fold_octet(a[i]) != fold_octet(b[i])) return false;
    }
    return true;
  }
  // Most names that meet are spelled alike, so that folding is rarely needed.
  const auto equal_at = [&](size_t i) {
    const uint64_t word_a = load_word(a + i);
    const uint64_t word_b = load_word(b + i);
    return word_a == word_b || fold_word(word_a) == fold_word(word_b);
  };
  for (size_t i = 0; i + kWord < size; i += kWord) {
    if (!equal_at(i)) return false;
  }
  return equal_at(size - kWord);
}

}  // namespace inlet53::dns
