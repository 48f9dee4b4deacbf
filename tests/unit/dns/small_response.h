// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace inlet53::dns {

using Octets = std::vector<uint8_t>;

/// A header with one question, `a. A`.
inline Octets header(uint8_t answers, uint8_t authority, uint8_t additional) {
  return {0, 1, 0x80, 0, 0, 1, 0, answers, 0, authority, 0, additional, 1, 'a', 0, 0, 1, 0, 1};
}

inline void append_a(Octets& out, uint8_t ttl) {
  const Octets record = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 10, 0, 0, 1};
  out.insert(out.end(), record.begin(), record.end());
}

}  // namespace inlet53::dns
