#include "inlet53/net/renewal_timer.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace inlet53::net {

namespace {

constexpr int64_t kMinSeconds = 1;
constexpr int64_t kMaxSeconds = 3600;
constexpr uint64_t kRetryMs = 60'000;

}  // namespace

RenewalTimer::RenewalTimer(Loop& loop, std::function<void()> renew)
    : timer_(loop, [this] { look(); }), renew_(std::move(renew)) {}

void RenewalTimer::set(int64_t renew_at) {
  renew_at_ = renew_at;
  timer_.stop();
  if (renew_at != 0) timer_.start(renewal_delay_ms(renew_at, std::time(nullptr)));
}

void RenewalTimer::look() {
  if (std::time(nullptr) < renew_at_) return set(renew_at_);
  timer_.start(kRetryMs);
  renew_();
}

uint64_t renewal_delay_ms(int64_t renew_at, int64_t now) noexcept {
  const int64_t seconds = renew_at <= now ? kMinSeconds : renew_at - now;
  return static_cast<uint64_t>(std::clamp(seconds, kMinSeconds, kMaxSeconds)) * 1000;
}

}  // namespace inlet53::net
