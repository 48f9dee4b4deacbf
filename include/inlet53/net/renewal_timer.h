#pragma once

#include <cstdint>
#include <functional>

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Calls back when a certificate is due for renewal. It looks at the wall clock at least once an
/// hour, so that a clock that is set, or a machine that slept, delays nothing. Threads: the loop's.
class RenewalTimer {
 public:
  /// `renew` renews and then calls `set`; when it does not, it is called again after a minute.
  RenewalTimer(Loop& loop, std::function<void()> renew);

  /// When to call: seconds since 1970-01-01T00:00:00Z; 0: never. Replaces what was set before.
  void set(int64_t renew_at);

 private:
  void look();

  Timer timer_;
  std::function<void()> renew_;
  int64_t renew_at_ = 0;
};

/// How long a timer waits before it looks at the clock again, in milliseconds: until `renew_at`, at
/// least a second and at most an hour.
[[nodiscard]] uint64_t renewal_delay_ms(int64_t renew_at, int64_t now) noexcept;

}  // namespace inlet53::net
