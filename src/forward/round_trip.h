#pragma once

#include <algorithm>
#include <cstdint>

namespace inlet53::forward {

/// How long a target takes: smoothed latency and its variation, and the time after which a query is
/// taken for lost. In microseconds.
/// Source: RFC 6298 §2. Its least timeout of one second is too long for a budget of 2 s. Here it is
/// 250 ms: a target that has to ask others itself, after answers from its cache, is not asked again
/// and again (BIND has 800 ms, Unbound starts at 376 ms). The most is 900 ms, so that there is time
/// for a second try.
class RoundTrip {
 public:
  static constexpr uint32_t kFirstTimeout = 300'000;
  static constexpr uint32_t kLeastTimeout = 250'000;
  static constexpr uint32_t kMostTimeout = 900'000;

  [[nodiscard]] bool measured() const noexcept { return measured_; }
  [[nodiscard]] uint32_t smoothed() const noexcept { return smoothed_; }
  [[nodiscard]] uint32_t timeout() const noexcept {
    if (!measured_) return kFirstTimeout;
    return std::clamp(smoothed_ + 4 * variation_, kLeastTimeout, kMostTimeout);
  }

  void measure(uint64_t sample) noexcept {
    const auto us = static_cast<uint32_t>(std::min<uint64_t>(sample, 10'000'000));
    if (!measured_) {
      measured_ = true;
      smoothed_ = us;
      variation_ = us / 2;
      return;
    }
    const uint32_t off = us > smoothed_ ? us - smoothed_ : smoothed_ - us;
    variation_ = (3 * variation_ + off) / 4;
    smoothed_ = (7 * smoothed_ + us) / 8;
  }

 private:
  uint32_t smoothed_ = 0;
  uint32_t variation_ = 0;
  bool measured_ = false;
};

}  // namespace inlet53::forward
