// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/renewal_timer.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace inlet53::net {

namespace {

constexpr int64_t kMinSeconds = 1;
// The loop's timers stop while the machine is suspended.
constexpr int64_t kMaxSeconds = 60;
constexpr uint64_t kRetryMs = 60'000;

}  // namespace

RenewalTimer::RenewalTimer(Loop& loop, std::function<void()> renew)
    : timer_(loop, [this] { look(); }), renew_(std::move(renew)) {}

void RenewalTimer::set(const RenewalTimes& times) {
  times_ = times;
  timer_.stop();
  if (times.renew_at != 0) timer_.start(renewal_delay_ms(times, std::time(nullptr)));
}

void RenewalTimer::look() {
  if (!is_due(times_, std::time(nullptr))) return set(times_);
  timer_.start(kRetryMs);
  renew_();
}

uint64_t renewal_delay_ms(const RenewalTimes& times, int64_t now) noexcept {
  const int64_t seconds = is_due(times, now) ? kMinSeconds : times.renew_at - now;
  return static_cast<uint64_t>(std::clamp(seconds, kMinSeconds, kMaxSeconds)) * 1000;
}

}  // namespace inlet53::net
