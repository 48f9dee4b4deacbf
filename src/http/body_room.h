// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

/// Capacity of a body that is kept while it arrives, limited to its charge.
namespace inlet53::http {

/// Returns the capacity for `more` bytes: twice the present one, so that bytes are seldom copied,
/// but at most `most`. Returns the present one where it is enough.
[[nodiscard]] inline uint64_t ample_room(const std::string& body, uint64_t more, uint64_t most) {
  const uint64_t wanted = std::min<uint64_t>(body.size() + more, most);
  if (wanted <= body.capacity()) return body.capacity();
  return std::clamp<uint64_t>(2 * uint64_t{body.capacity()}, wanted, most);
}

/// Sets the capacity of a body to exactly `room` bytes. `reserve` of a string in use may double its
/// capacity, which a charge does not cover; a new string gets exactly the requested size.
inline void set_room(std::string& body, uint64_t room) {
  if (room <= body.capacity()) return;
  std::string grown;
  grown.reserve(room);
  grown += body;
  body = std::move(grown);
}

/// Returns the bytes that a complete body occupies, at most `charged`. A short body is inside its
/// string object and counts with its size.
[[nodiscard]] inline uint64_t held_bytes(const std::string& body, uint64_t charged) {
  const bool is_inside = body.capacity() <= std::string().capacity();
  return std::min<uint64_t>(charged, is_inside ? body.size() : body.capacity());
}

}  // namespace inlet53::http
