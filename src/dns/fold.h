// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace inlet53::dns {

/// Returns `word` with the bytes A-Z changed to a-z; other bytes do not change (RFC 4343 §3).
[[nodiscard]] constexpr uint64_t fold_word(uint64_t word) noexcept {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x80 * kOnes;
  // The high bits are cleared, so the additions cannot carry from byte to byte.
  const uint64_t low = word & ~kHigh;
  const uint64_t at_least_a = low + (0x80 - 'A') * kOnes;
  const uint64_t above_z = low + (0x7F - 'Z') * kOnes;
  const uint64_t upper = (at_least_a ^ above_z) & ~word & kHigh;
  return word | (upper >> 2);  // 0x80 >> 2 is 0x20, the bit by which the cases differ
}

[[nodiscard]] constexpr uint8_t fold_octet(uint8_t octet) noexcept {
  return octet >= 'A' && octet <= 'Z' ? static_cast<uint8_t>(octet | 0x20) : octet;
}

[[nodiscard]] inline uint64_t load_word(const uint8_t* p) noexcept {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// Sixteen bytes: GCC and Clang translate operations on them to vector instructions.
using FoldOctets = int8_t __attribute__((vector_size(16)));

/// Does the same as `fold_word` for sixteen bytes. Bytes from 0x80 on are negative and never
/// letters.
[[nodiscard]] inline FoldOctets fold_octets(FoldOctets octets) noexcept {
  const FoldOctets upper = (octets > 'A' - 1) & (octets < 'Z' + 1);
  return octets | (upper & 0x20);
}

/// Copies `size` bytes in lower case, one `Block` at a time. Requires: at least one block.
template <class Block, Block (*fold)(Block) noexcept>
void fold_blocks(uint8_t* out, const uint8_t* in, size_t size) noexcept {
  const auto fold_at = [&](size_t i) {
    Block block;
    std::memcpy(&block, in + i, sizeof block);
    block = fold(block);
    std::memcpy(out + i, &block, sizeof block);
  };
  for (size_t i = 0; i + sizeof(Block) < size; i += sizeof(Block)) fold_at(i);
  fold_at(size - sizeof(Block));  // may overlap the previous block: folding twice changes nothing
}

/// Copies `size` bytes in lower case. It can fold a whole name: its length bytes are at most 63,
/// and 'A' is 65. Reads and writes nothing beyond `size`.
inline void fold_copy(uint8_t* out, const uint8_t* in, size_t size) noexcept {
  if (size >= sizeof(FoldOctets)) return fold_blocks<FoldOctets, fold_octets>(out, in, size);
  if (size >= sizeof(uint64_t)) return fold_blocks<uint64_t, fold_word>(out, in, size);
  for (size_t i = 0; i < size; ++i) out[i] = fold_octet(in[i]);
}

/// Returns whether `size` bytes are equal; ignores the case of letters.
[[nodiscard]] inline bool fold_equal(const uint8_t* a, const uint8_t* b, size_t size) noexcept {
  constexpr size_t kWord = sizeof(uint64_t);
  if (size < kWord) {
    for (size_t i = 0; i < size; ++i) {
      if (a[i] != b[i] && fold_octet(a[i]) != fold_octet(b[i])) return false;
    }
    return true;
  }
  // Most compared names have the same letter case, so folding is rarely needed.
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
