#include "target_state.h"

#include <algorithm>

namespace inlet53::forward {

uint64_t TargetState::expected_us() const noexcept {
  if (unanswered_ > 0) return uint64_t{round_trip_.timeout()} << unanswered_;
  return round_trip_.measured() ? std::max(round_trip_.smoothed(), 1U) : 0;
}

bool TargetState::is_probed_rarely(uint64_t now) const noexcept {
  return unanswered_ >= kDoubtful || (unanswered_ > 0 && now - unanswered_since_ >= kSilenceUs);
}

bool TargetState::wants_probe(uint64_t now) const noexcept {
  if (probe_count_ == probes_.size()) return false;
  if (is_probed_rarely(now)) return now - last_probe_ >= probe_interval_;
  if (unanswered_ > 0) return true;
  if (probe_count_ > 0) return false;
  const uint64_t known = std::max(last_answer_, last_probe_);
  return !round_trip_.measured() || now - known >= kMeasureAgeUs;
}

void TargetState::probe_sent(uint64_t question, uint64_t now) noexcept {
  last_probe_ = now;
  if (probe_count_ < probes_.size()) probes_[probe_count_++] = {question, now};
}

void TargetState::probe_unsent(uint64_t question) noexcept {
  const auto end = probes_.begin() + probe_count_;
  const auto unsent = std::find_if(probes_.begin(), end,
                                   [&](const Probe& each) { return each.question == question; });
  if (unsent == end) return;
  std::copy(unsent + 1, end, unsent);
  --probe_count_;
}

bool TargetState::expire_probes(uint64_t now) noexcept {
  bool now_silent = false;
  while (probe_count_ > 0 && now - probes_[0].sent >= RoundTrip::kMostTimeout) {
    const Probe probe = probes_[0];
    std::copy(probes_.begin() + 1, probes_.end(), probes_.begin());
    --probe_count_;
    if (is_probed_rarely(now)) probe_interval_ = std::min(2 * probe_interval_, kMostProbeUs);
    now_silent = unanswered(probe.question, probe.sent, now) || now_silent;
  }
  return now_silent;
}

void TargetState::answered(uint64_t sent, uint64_t now, bool measures) noexcept {
  // Where a query that was sent later has been answered, it is the question that takes long.
  const bool of_question = sent < newest_answered_ && now - sent > round_trip_.timeout();
  if (measures && !of_question) round_trip_.measure(now - sent);
  newest_answered_ = std::max(newest_answered_, sent);
  last_answer_ = std::max(last_answer_, now);
  silent_ = false;
  unanswered_ = probe_count_ = 0;
  probe_interval_ = kLeastProbeUs;
}

bool TargetState::unanswered(uint64_t question, uint64_t sent, uint64_t now) noexcept {
  if (sent < last_answer_) return false;
  const auto end = questions_.begin() + unanswered_;
  if (unanswered_ < questions_.size() && std::find(questions_.begin(), end, question) == end) {
    if (unanswered_ == 0 || sent < unanswered_since_) unanswered_since_ = sent;
    questions_[unanswered_++] = question;
  }
  if (silent_ || unanswered_ < kUnansweredWhenSilent) return false;
  silent_ = now - unanswered_since_ >= kSilenceUs;
  return silent_;
}

}  // namespace inlet53::forward
