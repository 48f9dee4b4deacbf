// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/loadgen/report.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::loadgen {

enum class TransportKind : uint8_t { Udp, Tcp };

struct LoadOptions {
  SocketAddress server;
  TransportKind transport = TransportKind::Udp;
  /// UDP sockets (source ports), or TCP connections. At least 1.
  size_t channels = 64;
  /// Total queries in flight, 1 to 32768. Without a rate, each answer triggers the next query.
  size_t outstanding = 256;
  /// Queries per second, evenly spaced, independent of the server; `outstanding` is ignored then.
  std::optional<double> rate;
  /// Limits of the run; the first one that is reached ends it.
  uint64_t max_queries = std::numeric_limits<uint64_t>::max();
  double max_seconds = std::numeric_limits<double>::max();
  /// Time after which an unanswered query counts as lost.
  double timeout_seconds = 2;
};

/// Progress callback, called once per second while queries are sent. `seconds`: time since the
/// start.
using Progress = std::function<void(const Tally&, double seconds)>;

/// Sends the queries of `workload` to a server, counts the responses, and waits for the last
/// answers (at most the timeout). Ends early when `stop` becomes true and still returns a report.
///
/// Latency starts when a query is sent. With a fixed rate it starts at the due time if the query is
/// sent more than 1 ms late, so that stalls count fully. The send time is read for each query or,
/// for a batch of up to 17 queries (UDP with up to four `channels`; TCP: all queries of one write),
/// once per batch; the receive time is read once per batch of waiting messages. Without a rate the
/// run polls for answers and uses a whole core. Errors: sockets cannot be opened; before the first
/// answer, the system or ICMP reports that the server cannot be reached. Threads: any; any thread
/// or a signal handler may set `stop`. `progress` may be empty.
[[nodiscard]] Result<Report, std::string> run_load(const LoadOptions& options,
                                                   const Workload& workload,
                                                   const std::atomic<bool>& stop,
                                                   const Progress& progress);

}  // namespace inlet53::loadgen
