// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tl/expected.hpp>

namespace inlet53 {

/// A value or an error. The project's only result type.
/// Requires: callers check it before they use the value (`if (!r) return Unexpected(r.error());`).
template <class T, class E>
using Result = tl::expected<T, E>;

/// Wraps an error so that it converts to any `Result<T, E>`.
template <class E>
[[nodiscard]] constexpr auto Unexpected(E error) {
  return tl::unexpected<E>(std::move(error));
}

}  // namespace inlet53
