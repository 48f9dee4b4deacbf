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
  /// Queries in flight in all, 1 to 32768. Without a rate they are kept up: as fast as answers
  /// come.
  size_t outstanding = 256;
  /// Queries a second, evenly spaced, whatever the server does; `outstanding` then has no meaning.
  std::optional<double> rate;
  /// Ends after so many queries, after so many seconds, whichever comes first.
  uint64_t max_queries = std::numeric_limits<uint64_t>::max();
  double max_seconds = std::numeric_limits<double>::max();
  /// A query that was not answered by then is lost.
  double timeout_seconds = 2;
};

/// Called once a second while queries are sent, with the seconds since the start.
using Progress = std::function<void(const Tally&, double seconds)>;

/// Asks a server what `workload` says and counts what comes back; waits for the last answers (at
/// most the timeout). Ends early, with a report all the same, when `stop` becomes true.
///
/// Latency counts from the sending of a query; in a paced run from when it was due, if it left more
/// than 1 ms after that, so that a stall is seen in full. The time of sending is read for each
/// query, or for a batch of up to 17 (`channels` of UDP up to four; TCP: all that are written at
/// once); that of receiving for each batch that was waiting.
/// Without a rate it looks for answers without sleeping, and takes a whole core.
/// Errors: sockets can't be opened; the server can't be reached, as the system or ICMP says before
/// anything was answered.
/// Threads: any; `stop` may be set from any thread or a signal's handler. `progress` may be empty.
[[nodiscard]] Result<Report, std::string> run_load(const LoadOptions& options,
                                                   const Workload& workload,
                                                   const std::atomic<bool>& stop,
                                                   const Progress& progress);

}  // namespace inlet53::loadgen
