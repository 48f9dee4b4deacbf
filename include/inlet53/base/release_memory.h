// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace inlet53 {

/// Empties a value and frees its memory. `value = {}` only empties it: strings and vectors keep
/// their buffers when an empty value is assigned to them.
template <class T>
void release_memory(T& value) noexcept {
  const T released = std::exchange(value, T{});
}

}  // namespace inlet53
