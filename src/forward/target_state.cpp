#include "target_state.h"

#include <algorithm>

namespace inlet53::forward {

uint64_t TargetState::expected_us() const noexcept {
  if (unanswered_ > 0) return uint64_t{round_trip_.timeout()} << std::min(unanswered_, 16U);
  return round_trip_.measured() ? std::max(round_trip_.smoothed(), 1U) : 0;
}

bool TargetState::may_probe(uint64_t now, bool lonely) const noexcept {
  if (probing_ && now - last_probe_ < RoundTrip::kMostTimeout) return false;
  const uint64_t most = lonely ? kMostLonelyProbeUs : kMostProbeUs;
  if (dead_) return now - last_probe_ >= std::min(probe_interval_, most);
  if (unanswered_ > 0) return now - last_probe_ >= kLeastProbeUs;
  const uint64_t known = std::max(last_answer_, last_probe_);
  return !round_trip_.measured() || now - known >= kMeasureAgeUs;
}

void TargetState::probe_sent(uint64_t now) noexcept {
  probing_ = true;
  last_probe_ = now;
}

void TargetState::answered(uint64_t sent, uint64_t now, bool measures) noexcept {
  if (measures) round_trip_.measure(now - sent);
  last_answer_ = std::max(last_answer_, now);
  dead_ = probing_ = false;
  unanswered_ = 0;
  probe_interval_ = kLeastProbeUs;
}

bool TargetState::unanswered(uint64_t sent, uint64_t now) noexcept {
  probing_ = probing_ && last_probe_ > sent;
  if (sent < last_answer_) return false;
  if (dead_) {
    // Only a probe's own silence makes the next one wait longer.
    if (sent >= last_probe_) probe_interval_ = std::min(2 * probe_interval_, kMostProbeUs);
    return false;
  }
  if (unanswered_ == 0 || sent < silent_since_) silent_since_ = sent;
  ++unanswered_;
  if (unanswered_ < kUnansweredWhenDead || now - silent_since_ < kSilenceWhenDeadUs) return false;
  dead_ = true;
  probe_interval_ = kLeastProbeUs;
  last_probe_ = now;
  return true;
}

}  // namespace inlet53::forward
