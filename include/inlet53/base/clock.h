#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace inlet53 {

/// One reading of both clocks. Taken once for a batch and handed down: nobody below reads a clock.
struct Now {
  /// Milliseconds that never jump; for timeouts and ages.
  uint64_t monotonic_ms = 0;
  /// Seconds since 1970-01-01T00:00:00Z; for what people read.
  int64_t wall_seconds = 0;
};

/// Reads both clocks (coarse: some milliseconds of resolution, no system call).
[[nodiscard]] Now read_clock() noexcept;

/// Milliseconds since 1970-01-01T00:00:00Z, exact; for what other programs compute with.
[[nodiscard]] int64_t wall_milliseconds() noexcept;

/// Microseconds that never jump, exact; for durations that people read.
[[nodiscard]] uint64_t monotonic_microseconds() noexcept;

/// `2021-04-25T12:37:34Z`: a second as UTC in ISO 8601.
class UtcSecond {
 public:
  static constexpr size_t kSize = 20;

  UtcSecond() { set(0); }

  /// Renders `wall_seconds`; costs nothing when it is the second that is held already.
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
