#pragma once

#include "inlet53/base/bytes.h"

namespace inlet53::zone {

/// Whether two pieces of a name are equal to the octet. In place of memcmp because they are short:
/// a call costs more than the comparison.
[[nodiscard]] inline bool same_octets(Bytes a, Bytes b) noexcept {
  using Word = uint64_t;
  constexpr size_t kWord = sizeof(Word);
  if (a.size() != b.size()) return false;
  const size_t size = a.size();
  if (size < kWord) {
    for (size_t i = 0; i < size; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
  const auto same_word = [&](size_t i) {
    Word left;
    Word right;
    std::memcpy(&left, a.data() + i, kWord);
    std::memcpy(&right, b.data() + i, kWord);
    return left == right;
  };
  for (size_t i = 0; i < size - kWord; i += kWord) {
    if (!same_word(i)) return false;
  }
  return same_word(size - kWord);  // overlaps the one before
}

}  // namespace inlet53::zone
