// SPDX-License-Identifier: Apache-2.0
#include "spread_keeper.h"

#include <utility>

#include "inlet53/base/clock.h"

namespace inlet53::app {

namespace {
constexpr uint64_t kLookMs = 1000;
}  // namespace

SpreadKeeper::SpreadKeeper(net::Loop& loop, const Workers& workers, uint32_t count)
    : workers_(workers),
      spread_(count),
      applied_(spread_.taking()),
      used_ns_(count),
      looked_us_(monotonic_microseconds()),
      behind_(loop,
              [this] {
                spread_.fell_behind();
                apply();
              }),
      second_(loop, [this] { look(); }) {
  second_.start(kLookMs, kLookMs);
}

void SpreadKeeper::look() {
  const uint64_t now_us = monotonic_microseconds();
  const uint64_t passed_us = now_us - std::exchange(looked_us_, now_us);
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
  if (ending || passed_us < kLookMs * 1000 / 2) return;
  spread_.observe(busy);
  apply();
}

void SpreadKeeper::apply() {
  if (std::exchange(applied_, spread_.taking()) == spread_.taking()) return;
  workers_.front()->spread_queries(spread_.taking());
}

}  // namespace inlet53::app
