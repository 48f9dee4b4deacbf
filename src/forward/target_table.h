#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "query_transport.h"
#include "target_state.h"

#include "inlet53/forward/target.h"

namespace inlet53::forward {

/// One group, with the states of its targets.
struct GroupEntry {
  std::shared_ptr<const TargetGroup> group;  // null: the place is free
  std::array<uint32_t, TargetGroup::kMaxTargets> targets{};
  std::array<TargetState*, TargetGroup::kMaxTargets> states{};
  uint32_t fetches = 0;  // that are under way

  [[nodiscard]] size_t size() const noexcept { return group->targets.size(); }
  [[nodiscard]] std::span<TargetState* const> all_states() const noexcept {
    return {states.data(), size()};
  }
};

/// The groups that queries name and the targets in them. Two groups that have a target with the
/// same sources in common share its state, and so does a group that a reload made anew.
/// A group goes when nobody else holds it and no fetch is under way; with its last group a target.
/// Threads: one.
class TargetTable {
 public:
  explicit TargetTable(QueryTransport& transport) : transport_(transport) {}

  /// The number of a group's entry. Cost: one lookup for a group that is known; else linear in the
  /// targets, and it looks for groups that can go.
  [[nodiscard]] uint32_t find_or_add(const std::shared_ptr<const TargetGroup>& group);

  [[nodiscard]] GroupEntry& group(uint32_t index) noexcept { return groups_[index]; }
  /// Null: there is no such target any more.
  [[nodiscard]] TargetState* target(uint32_t index) noexcept {
    return index < targets_.size() ? targets_[index].get() : nullptr;
  }

 private:
  [[nodiscard]] uint32_t hold_target(const Target& target, const std::vector<IpAddress>& sources);
  void release_unused();

  QueryTransport& transport_;
  std::deque<GroupEntry> groups_;  // references to entries stay
  std::unordered_map<const TargetGroup*, uint32_t> index_;
  std::vector<std::unique_ptr<TargetState>> targets_;  // null: the place is free
};

}  // namespace inlet53::forward
