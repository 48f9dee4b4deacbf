// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "inlet53/querylog/query_log.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

/// Input of `status_json`. Lifetime: the references during the call.
struct DaemonStatus {
  const resolver::ResolverState& state;
  const topology::Topology& topology;
  uint32_t workers;
  uint32_t udp_workers;          // those that take UDP queries now
  const std::string& query_log;  // its file; empty: none
  std::optional<querylog::QueryLogCounts> log_counts;
  server::CountTotals totals;
};

/// Returns what the DNS daemon adds to its status, as one JSON object.
[[nodiscard]] std::string status_json(const DaemonStatus& status);

}  // namespace inlet53::app
