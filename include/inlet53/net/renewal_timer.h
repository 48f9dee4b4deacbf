#pragma once

#include <cstdint>
#include <functional>

#include "inlet53/net/loop.h"
#include "inlet53/net/renewal_times.h"

namespace inlet53::net {

/// Calls back when a certificate is due for renewal. It looks at the wall clock at least once a
/// minute, so that a clock that is set, or a machine that slept, delays nothing for longer.
/// Threads: the loop's.
class RenewalTimer {
 public:
  /// `renew` renews and then calls `set`; when it does not, it is called again after a minute.
  RenewalTimer(Loop& loop, std::function<void()> renew);

  /// When to call. Replaces what was set before.
  void set(const RenewalTimes& times);

 private:
  void look();

  Timer timer_;
  std::function<void()> renew_;
  RenewalTimes times_;
};

/// How long a timer waits before it looks at the clock again, in milliseconds: until the
/// certificate is due, at least a second and at most a minute.
[[nodiscard]] uint64_t renewal_delay_ms(const RenewalTimes& times, int64_t now) noexcept;

}  // namespace inlet53::net
