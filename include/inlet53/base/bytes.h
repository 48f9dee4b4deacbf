// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace inlet53 {

/// Read-only view of bytes that another object owns.
using Bytes = std::span<const uint8_t>;
/// Writable view of bytes that another object owns.
using MutableBytes = std::span<uint8_t>;

/// Reads a 16-bit number in network order. Requires: 2 bytes at `p`.
[[nodiscard]] inline uint16_t load_be16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>((p[0] << 8) | p[1]);
}

/// Reads a 32-bit number in network order. Requires: 4 bytes at `p`.
[[nodiscard]] inline uint32_t load_be32(const uint8_t* p) noexcept {
  return (uint32_t{p[0]} << 24) | (uint32_t{p[1]} << 16) | (uint32_t{p[2]} << 8) | uint32_t{p[3]};
}

/// Writes a 16-bit number in network order. Requires: 2 bytes at `p`.
inline void store_be16(uint8_t* p, uint16_t value) noexcept {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}

/// Writes a 32-bit number in network order. Requires: 4 bytes at `p`.
inline void store_be32(uint8_t* p, uint32_t value) noexcept {
  p[0] = static_cast<uint8_t>(value >> 24);
  p[1] = static_cast<uint8_t>(value >> 16);
  p[2] = static_cast<uint8_t>(value >> 8);
  p[3] = static_cast<uint8_t>(value);
}

/// Returns the bytes of a text. Lifetime: the text's.
[[nodiscard]] inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Returns bytes as a text. Lifetime: the bytes'.
[[nodiscard]] inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace inlet53
