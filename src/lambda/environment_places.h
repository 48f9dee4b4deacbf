// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// Shares the places of `max_environments` among functions.
///
/// Half of the places is divided evenly: each function has a guaranteed share of at least one
/// place. The other half is for any function. An environment with a running invocation is never
/// ended for another function, so a place must be free before it is needed: a function beyond its
/// share may start an environment only while enough places stay free for the unused shares of all
/// others. If the shares of all functions exceed half of the places, half of the places is kept
/// free.
///
/// Idle environments may be ended for other functions. A function within its share ends the longest
/// idle environment of a function beyond its share. A function without any environment, when there
/// are more functions than places, ends the longest idle environment of all. A function beyond its
/// share ends only environments beyond another function's share that were idle for 10 s.
namespace inlet53::lambda {

/// Places of one function.
struct FunctionUse {
  size_t living = 0;                        // environments that are not ending
  std::optional<uint32_t> limit{};          // reserved concurrency; 0 for a removed function
  std::optional<uint64_t> idle_since_ms{};  // of the longest idle environment; absent: none is idle
};

enum class PlaceKind : uint8_t {
  Free,   // an environment may start
  Evict,  // it may start when the longest idle environment of `function` ends
  None,   // no environment may start now
};

struct Place {
  PlaceKind kind = PlaceKind::None;
  size_t function = 0;  // index, of Evict

  friend bool operator==(const Place&, const Place&) = default;
};

/// Decides whether the function with index `asking` may have one more environment. `max`: places of
/// all functions together. Its reserved concurrency is not checked. Cost: linear in the functions.
[[nodiscard]] Place find_place(std::span<const FunctionUse> functions, size_t asking, size_t max,
                               uint64_t now_ms) noexcept;

/// Time that an environment beyond its function's share stays warm when others need its place.
inline constexpr uint64_t kKeptWarmMs = 10'000;

}  // namespace inlet53::lambda
