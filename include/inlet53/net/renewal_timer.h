// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Times of the renewal of a certificate from the local authority, in seconds since
/// 1970-01-01T00:00:00Z. It is due from `renew_at` on, and before `valid_from`, which happens when
/// the clock is set back.
struct RenewalTimes {
  int64_t valid_from = 0;
  int64_t renew_at = 0;  // 0: never

  friend bool operator==(const RenewalTimes&, const RenewalTimes&) = default;
};

/// Returns true when the certificate is due for renewal. `now`: seconds since 1970-01-01T00:00:00Z.
[[nodiscard]] constexpr bool is_due(const RenewalTimes& times, int64_t now) noexcept {
  return times.renew_at != 0 && (now < times.valid_from || now >= times.renew_at);
}

/// Calls back when a certificate is due for renewal. It reads the wall clock at least once a
/// minute, so that a clock change or a suspended machine delays a renewal by one minute at most.
/// Threads: the loop's.
class RenewalTimer {
 public:
  /// `renew` renews the certificate and then calls `set`. Without `set` the timer calls it again
  /// after one minute.
  RenewalTimer(Loop& loop, std::function<void()> renew);

  /// Sets the times. Replaces earlier ones.
  void set(const RenewalTimes& times);

 private:
  void look();

  Timer timer_;
  std::function<void()> renew_;
  RenewalTimes times_;
};

/// Returns the milliseconds until the timer reads the clock again: until the certificate is due, at
/// least one second and at most one minute.
[[nodiscard]] uint64_t renewal_delay_ms(const RenewalTimes& times, int64_t now) noexcept;

}  // namespace inlet53::net
