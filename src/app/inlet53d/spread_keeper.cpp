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
      told_(spread_.taking()),
      looked_us_(monotonic_microseconds()),
      behind_(loop,
              [this] {
                spread_.fell_behind();
                tell();
              }),
      second_(loop, [this] { look(); }) {
  second_.start(kLookMs, kLookMs);
}

void SpreadKeeper::look() {
  uint64_t used_ns = 0;
  for (const auto& worker : workers_) used_ns += worker->cpu_time_ns();
  const uint64_t now_us = monotonic_microseconds();
  const uint64_t used_before_ns = std::exchange(used_ns_, used_ns);
  const uint64_t passed_us = now_us - std::exchange(looked_us_, now_us);
  if (used_ns < used_before_ns || passed_us == 0) return;  // the workers are ending
  spread_.observe(static_cast<double>(used_ns - used_before_ns) /
                  (static_cast<double>(passed_us) * 1000));
  tell();
}

void SpreadKeeper::tell() {
  if (std::exchange(told_, spread_.taking()) == spread_.taking()) return;
  workers_.front()->spread_queries(spread_.taking());
}

}  // namespace inlet53::app
