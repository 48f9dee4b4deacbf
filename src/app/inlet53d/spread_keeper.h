// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "inlet53/net/loop.h"
#include "inlet53/server/query_spread.h"
#include "inlet53/server/worker.h"

namespace inlet53::app {

/// Limits UDP queries to the first workers that can handle them (`udp_spread = "fill"`). Reads the
/// CPU time of the workers' threads once a second, reacts at once when a worker falls behind, and
/// lets the first worker configure the kernel. Threads: the main thread's, except `fell_behind`.
/// Lifetime: outlives the workers' threads; the loop outlives it.
class SpreadKeeper {
 public:
  using Workers = std::vector<std::unique_ptr<server::Worker>>;

  /// `workers`: the `count` workers that exist when the loop runs.
  SpreadKeeper(net::Loop& loop, const Workers& workers, uint32_t count);

  /// Callback for a worker's `Options::fell_behind`. Threads: any.
  void fell_behind() noexcept { behind_.wake(); }
  /// Returns the number of workers that receive queries.
  [[nodiscard]] uint32_t taking() const noexcept { return spread_.taking(); }

 private:
  void look();
  void apply();

  const Workers& workers_;
  server::QuerySpread spread_;
  uint32_t applied_;
  std::vector<uint64_t> used_ns_;  // CPU time of each worker's thread at the last look
  uint64_t looked_us_;             // on the monotonic clock
  net::Wakeup behind_;
  net::Timer second_;
};

}  // namespace inlet53::app
