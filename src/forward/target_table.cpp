#include "target_table.h"

#include <algorithm>

#include "inlet53/base/check.h"

namespace inlet53::forward {

uint32_t TargetTable::find_or_add(const std::shared_ptr<const TargetGroup>& group) {
  if (const auto found = index_.find(group.get()); found != index_.end()) return found->second;
  INLET53_CHECK(!group->targets.empty() && group->targets.size() <= TargetGroup::kMaxTargets);
  GroupEntry entry;
  entry.group = group;
  for (size_t i = 0; i < group->targets.size(); ++i) {
    entry.targets[i] = hold_target(group->targets[i], group->sources);
    entry.states[i] = targets_[entry.targets[i]].get();
  }
  // After the new one has its targets, so that they are kept over a reload.
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
