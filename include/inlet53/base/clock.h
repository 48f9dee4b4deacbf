// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace inlet53 {

/// Readings of both clocks at one time. A worker reads the clocks once for each batch of queries
/// and passes the result on.
struct Now {
  /// Milliseconds on the monotonic clock, for timeouts and ages.
  uint64_t monotonic_ms = 0;
  /// Seconds since 1970-01-01T00:00:00Z, for logs.
  int64_t wall_seconds = 0;
};

/// Reads both clocks. Resolution: a few milliseconds. Cost: no system call.
[[nodiscard]] Now read_clock() noexcept;

/// Returns exact milliseconds since 1970-01-01T00:00:00Z.
[[nodiscard]] int64_t wall_milliseconds() noexcept;

/// Returns exact microseconds on the monotonic clock. For durations in reports.
[[nodiscard]] uint64_t monotonic_microseconds() noexcept;

/// Returns exact nanoseconds on the monotonic clock. Cost: about 25 ns, no system call.
[[nodiscard]] uint64_t monotonic_nanoseconds() noexcept;

/// Text of a second in UTC, as in ISO 8601: `2021-04-25T12:37:34Z`.
class UtcSecond {
 public:
  static constexpr size_t kSize = 20;

  UtcSecond() { set(0); }

  /// Renders `wall_seconds`. Does nothing when the text already shows this second.
  void set(int64_t wall_seconds) noexcept {
    if (wall_seconds != held_) render(wall_seconds);
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

 private:
  void render(int64_t wall_seconds) noexcept;

  int64_t held_ = INT64_MIN;
  std::array<char, kSize> text_{};
};

}  // namespace inlet53
