// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "inlet53/dns/types.h"
#include "inlet53/record/query_record.h"
#include "inlet53/server/forward_refusal.h"

namespace inlet53::server {

class RefusedClients;

/// A counter that one thread raises and any may read.
class Counter {
 public:
  void add(uint64_t n = 1) noexcept {
    // One writer: a plain addition, without a locked instruction.
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// What one worker did since its start. Threads: written by the worker, read by any.
struct WorkerCounts {
  /// The queries that came by `transport`.
  [[nodiscard]] Counter& queries(record::Transport transport) noexcept;

  Counter udp_queries;  // that were let in
  Counter tcp_queries;
  Counter dot_queries;
  Counter doh_queries;
  Counter denied;                     // datagrams dropped by a security group
  Counter limited;                    // queries dropped for being over a limit
  Counter dropped;                    // messages that are never answered: too short, or responses
  Counter truncated;                  // responses sent with TC
  std::array<Counter, 16> responses;  // by rcode; what is over 15 counts as 15
  Counter tcp_connections;            // accepted, of DNS over TCP
  Counter dot_connections;            // the same, over TLS
  Counter doh_connections;            // the same, over HTTPS
  Counter tls_handshakes;             // that came to an end
  Counter tls_resumed;                // of these, with a session from before
  Counter tls_handshakes_failed;
  Counter tcp_refused;       // over a limit, or a stranger that the filter let through
  Counter datagrams_unsent;  // responses that the kernel did not take
  Counter udp_groups;        // messages that carried more than one response
  Counter cache_hits;        // queries that the cache answered, or a part of them
  Counter forwarded;         // queries that waited for targets
  Counter forward_failed;    // of them, those that no target answered
  std::array<Counter, kForwardRefusals> forward_refused;  // by reason; not by targets

  RefusedClients* refused_clients = nullptr;  // notes refused clients; null: none
};

inline Counter& WorkerCounts::queries(record::Transport transport) noexcept {
  switch (transport) {
    case record::Transport::Udp:
      return udp_queries;
    case record::Transport::Tcp:
      break;
    case record::Transport::Doh:
      return doh_queries;
    case record::Transport::Dot:
      return dot_queries;
  }
  return tcp_queries;
}

/// Plain sums over all workers.
struct CountTotals {
  uint64_t udp_queries = 0, tcp_queries = 0, dot_queries = 0, doh_queries = 0, denied = 0,
           limited = 0, dropped = 0, truncated = 0;
  std::array<uint64_t, 16> responses{};
  uint64_t doh_connections = 0, dot_connections = 0, tls_handshakes = 0, tls_resumed = 0,
           tls_handshakes_failed = 0;
  uint64_t tcp_connections = 0, tcp_refused = 0, datagrams_unsent = 0, udp_groups = 0;
  uint64_t cache_hits = 0, forwarded = 0, forward_failed = 0;
  std::array<uint64_t, kForwardRefusals> forward_refused{};

  void add(const WorkerCounts& counts);
  /// `queries udp=10 tcp=1 denied=0 … NOERROR=9 NXDOMAIN=2`: one line for the operator log.
  [[nodiscard]] std::string to_text() const;
};

}  // namespace inlet53::server
