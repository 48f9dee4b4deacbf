#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "inlet53/net/loop.h"
#include "inlet53/server/query_spread.h"
#include "inlet53/server/worker.h"

namespace inlet53::app {

/// Keeps UDP queries with as few workers as have time for them (`udp_spread = "fill"`): looks once
/// a second at what the workers' threads use, hears at once of who falls behind, and has the first
/// worker tell the kernel. Threads: the main thread's, but `fell_behind`.
/// Lifetime: outlives the workers' threads; the loop outlives it.
class SpreadKeeper {
 public:
  using Workers = std::vector<std::unique_ptr<server::Worker>>;

  /// `workers`: those that there are when the loop runs, `count` of them.
  SpreadKeeper(net::Loop& loop, const Workers& workers, uint32_t count);

  /// A worker's `Options::fell_behind`. Threads: any.
  void fell_behind() noexcept { behind_.wake(); }
  /// How many workers take queries now.
  [[nodiscard]] uint32_t taking() const noexcept { return spread_.taking(); }

 private:
  void look();
  void tell();

  const Workers& workers_;
  server::QuerySpread spread_;
  uint32_t told_;
  std::vector<uint64_t> used_ns_;  // by each worker's thread, when last looked at
  uint64_t looked_us_;             // on the monotonic clock
  net::Wakeup behind_;
  net::Timer second_;
};

}  // namespace inlet53::app
