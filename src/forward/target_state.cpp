// SPDX-License-Identifier: Apache-2.0
#include "target_state.h"

#include <algorithm>

#include "inlet53/base/check.h"

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
  // If a query that was sent later was answered, only this question takes long.
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

uint32_t TargetTable::find_or_add(const std::shared_ptr<const TargetGroup>& group) {
  if (const auto found = index_.find(group.get()); found != index_.end()) return found->second;
  INLET53_CHECK(!group->targets.empty() && group->targets.size() <= TargetGroup::kMaxTargets);
  GroupEntry entry;
  entry.group = group;
  for (size_t i = 0; i < group->targets.size(); ++i) {
    entry.targets[i] = hold_target(group->targets[i], group->sources);
    entry.states[i] = targets_[entry.targets[i]].get();
  }
  // Runs after the new group has its targets, so that a reload keeps them.
  release_unused();
  const auto free = std::ranges::find_if(groups_, [](const auto& each) { return !each.group; });
  const auto place = free == groups_.end() ? groups_.insert(free, GroupEntry{}) : free;
  *place = std::move(entry);
  const auto index = static_cast<uint32_t>(place - groups_.begin());
  index_.emplace(group.get(), index);
  return index;
}

uint32_t TargetTable::hold_target(const Target& target, const std::vector<IpAddress>& sources) {
  const auto same = std::ranges::find_if(targets_, [&](const auto& state) {
    return state && state->target == target && state->sources == sources;
  });
  if (same != targets_.end()) {
    ++(*same)->groups;
    return static_cast<uint32_t>(same - targets_.begin());
  }
  const auto free = std::ranges::find_if(targets_, [](const auto& state) { return !state; });
  const auto place = free == targets_.end() ? targets_.insert(free, nullptr) : free;
  *place = std::make_unique<TargetState>(target, sources);
  (*place)->groups = 1;
  const auto index = static_cast<uint32_t>(place - targets_.begin());
  transport_.add_target(index, target, sources);
  return index;
}

void TargetTable::release_unused() {
  for (GroupEntry& entry : groups_) {
    if (!entry.group || entry.fetches > 0 || entry.group.use_count() > 1) continue;
    for (size_t i = 0; i < entry.size(); ++i) {
      const uint32_t index = entry.targets[i];
      if (--targets_[index]->groups > 0) continue;
      transport_.remove_target(index);
      targets_[index].reset();
    }
    index_.erase(entry.group.get());
    entry.group.reset();
  }
}

}  // namespace inlet53::forward
