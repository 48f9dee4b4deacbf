// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/query_spread.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "inlet53/base/clock.h"

namespace inlet53::server {

namespace {

constexpr uint64_t kIntervalMs = 1000;

}  // namespace

void QuerySpread::fell_behind() noexcept { activate_all(); }

void QuerySpread::activate_all() noexcept {
  calm_ = 0;
  if (active_ == all_) return;
  active_ = all_;
  calm_needed_ = since_decrease_ < kSoon ? std::min(calm_needed_ * 2, kMostCalm) : kCalm;
}

void QuerySpread::observe(std::span<const double> busy) noexcept {
  since_decrease_ = std::min(since_decrease_ + 1, kSoon);
  const auto full = [](double part) { return part > kFull; };
  if (std::ranges::any_of(busy.first(active_), full)) return activate_all();
  const double all = std::accumulate(busy.begin(), busy.end(), 0.0);
  const auto enough = static_cast<uint32_t>(std::max(1.0, std::ceil(all / kFilled)));
  enough_ = calm_ == 0 ? enough : std::max(enough_, enough);
  calm_ = enough < active_ ? calm_ + 1 : 0;
  if (calm_ < calm_needed_) return;
  active_ = enough_;
  calm_ = 0;
  since_decrease_ = 0;
}

SpreadKeeper::SpreadKeeper(net::Loop& loop, const Workers& workers, uint32_t count)
    : workers_(workers),
      spread_(count),
      applied_(spread_.active()),
      used_ns_(count),
      measured_us_(monotonic_microseconds()),
      behind_(loop,
              [this] {
                spread_.fell_behind();
                apply();
              }),
      timer_(loop, [this] { measure(); }) {
  timer_.start(kIntervalMs, kIntervalMs);
}

void SpreadKeeper::measure() {
  const uint64_t now_us = monotonic_microseconds();
  const uint64_t passed_us = now_us - std::exchange(measured_us_, now_us);
  std::vector<double> busy;
  bool ending = false;
  for (size_t i = 0; i < workers_.size(); ++i) {
    const uint64_t used_ns = workers_[i]->cpu_time_ns();
    const uint64_t before_ns = std::exchange(used_ns_[i], used_ns);
    ending = ending || used_ns < before_ns;
    busy.push_back(static_cast<double>(used_ns - before_ns) /
                   (static_cast<double>(passed_us) * 1000));
  }
  // The first interval after a long start is too short to measure.
  if (ending || passed_us < kIntervalMs * 1000 / 2) return;
  spread_.observe(busy);
  apply();
}

void SpreadKeeper::apply() {
  if (std::exchange(applied_, spread_.active()) == spread_.active()) return;
  workers_.front()->spread_queries(spread_.active());
}

}  // namespace inlet53::server
