// SPDX-License-Identifier: Apache-2.0
#include "environment_places.h"

#include <algorithm>

namespace inlet53::lambda {

namespace {

/// Returns the guaranteed places of each function that may have any.
size_t even_share(std::span<const FunctionUse> functions, size_t max) noexcept {
  const auto sharing = std::count_if(functions.begin(), functions.end(),
                                     [](const FunctionUse& one) { return one.limit != 0U; });
  return std::max<size_t>(1, max / 2 / std::max<size_t>(1, static_cast<size_t>(sharing)));
}

/// Returns the index of the function with the longest idle environment, among those that `may_end`
/// accepts.
template <class MayEnd>
std::optional<size_t> longest_idle(std::span<const FunctionUse> functions, MayEnd may_end) {
  std::optional<size_t> found;
  for (size_t i = 0; i < functions.size(); ++i) {
    const auto since = functions[i].idle_since_ms;
    if (!since || !may_end(i)) continue;
    if (!found || *since < *functions[*found].idle_since_ms) found = i;
  }
  return found;
}

}  // namespace

Place find_place(std::span<const FunctionUse> functions, size_t asking, size_t max,
                 uint64_t now_ms) noexcept {
  const size_t even = even_share(functions, max);
  const auto share = [&](size_t i) {
    return std::min<size_t>(even, functions[i].limit.value_or(even));
  };
  const auto is_beyond_share = [&](size_t i) { return functions[i].living > share(i); };
  const auto evict = [](std::optional<size_t> function) {
    return function ? Place{PlaceKind::Evict, *function} : Place{};
  };
  size_t living = 0;
  size_t unused = 0;  // places of the others' shares
  for (size_t i = 0; i < functions.size(); ++i) {
    living += functions[i].living;
    if (i != asking) unused += share(i) - std::min(share(i), functions[i].living);
  }

  if (functions[asking].living < share(asking)) {
    if (living < max) return {PlaceKind::Free};
    if (const auto beyond = longest_idle(functions, is_beyond_share)) return evict(beyond);
    if (functions[asking].living > 0) return {};
    return evict(longest_idle(functions, [](size_t) { return true; }));
  }

  const size_t kept = std::min(unused, max / 2);
  if (living + kept < max) return {PlaceKind::Free};
  if (living + kept > max) return {};
  return evict(longest_idle(functions, [&](size_t i) {
    return is_beyond_share(i) && now_ms - *functions[i].idle_since_ms >= kKeptWarmMs;
  }));
}

}  // namespace inlet53::lambda
