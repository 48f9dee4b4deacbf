#include "target_choice.h"

#include <algorithm>
#include <array>

namespace inlet53::forward {

namespace {

constexpr uint8_t kTriesOnceDeclined = 2;

struct Candidates {
  std::array<uint8_t, TargetGroup::kMaxTargets> places{};
  size_t count = 0;

  void add(size_t place) noexcept { places[count++] = static_cast<uint8_t>(place); }
};

}  // namespace

TargetChoice choose_target(const Fetch& fetch, TargetTable& targets, uint32_t limit, uint64_t now,
                           RandomOctets& random) {
  const GroupEntry& group = targets.group(fetch.group);
  TargetChoice choice;
  Candidates alive;
  Candidates dead;
  uint8_t least_tries = UINT8_MAX;
  for (size_t place = 0; place < group.size(); ++place) {
    const bool declined = (fetch.declined & Fetch::bit(place)) != 0;
    const uint8_t tries = fetch.tries[place];
    if (declined || (fetch.declined != 0 && tries >= kTriesOnceDeclined)) continue;
    const TargetState& state = targets.target(group, place);
    if (state.in_flight >= limit) {
      choice.busy = true;
    } else if (state.dead()) {
      dead.add(place);
    } else {
      alive.add(place);
      least_tries = std::min(least_tries, tries);
    }
  }
  uint64_t best = UINT64_MAX;
  for (size_t i = 0; i < alive.count; ++i) {
    if (fetch.tries[alive.places[i]] != least_tries) continue;
    best = std::min(best, targets.target(group, alive.places[i]).expected_us());
  }
  Candidates equal;
  for (size_t i = 0; i < alive.count; ++i) {
    const uint8_t place = alive.places[i];
    if (fetch.tries[place] != least_tries) continue;
    if (targets.target(group, place).expected_us() <= best + best / 4 + 1000) equal.add(place);
  }
  if (equal.count == 0) {
    for (size_t i = 0; i < dead.count; ++i) {
      if (targets.target(group, dead.places[i]).may_probe(now, true)) equal.add(dead.places[i]);
    }
  }
  if (equal.count == 1) choice.place = equal.places[0];
  if (equal.count > 1) choice.place = equal.places[random.below(equal.count)];
  return choice;
}

std::optional<size_t> choose_probe(const Fetch& fetch, TargetTable& targets, size_t chosen,
                                   uint64_t now) {
  const GroupEntry& group = targets.group(fetch.group);
  for (size_t place = 0; place < group.size(); ++place) {
    if (place != chosen && targets.target(group, place).may_probe(now, false)) return place;
  }
  return std::nullopt;
}

}  // namespace inlet53::forward
