// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/dns/types.h"
#include "inlet53/record/query_record.h"

namespace inlet53::server {

/// Reason why a query is not forwarded, or why its response is not kept for it: a limit of
/// `[forward]`, or a failure of this host. Each reason has its own counter and its own text for the
/// extended error.
enum class ForwardRefusal : uint8_t {
  QueriesFull,       // max_waiting
  MemoryFull,        // max_waiting_size
  ClientLimit,       // max_waiting_per_client
  ClientShare,       // the client uses its share of the queries that may wait
  ClientMemory,      // … of their memory
  ClientQuestions,   // … of the questions
  ClientAtTargets,   // … of the questions that may wait for the targets of the rule
  QuestionFull,      // max_waiters
  QuestionsFull,     // max_in_flight
  TargetsFull,       // max_in_flight_per_target
  TooManyQuestions,  // one query has caused too many questions
  NotSent,           // this host could not send any query to the targets
};
inline constexpr size_t kForwardRefusals = 12;

/// Returns the name of a reason in the statistics, such as `client_share`.
[[nodiscard]] std::string_view name_of(ForwardRefusal refusal) noexcept;
/// Returns the EXTRA-TEXT for the extended error Other (RFC 8914). Empty for NotSent: its
/// ForwardFailure has the text.
[[nodiscard]] std::string_view text_of(ForwardRefusal refusal) noexcept;

class RefusedClients;

/// Counter that one thread increases and any thread may read.
class Counter {
 public:
  void add(uint64_t n = 1) noexcept {
    // There is one writer: a plain addition needs no locked instruction.
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// Counters of one worker since its start. Threads: the worker writes, any thread reads.
struct WorkerCounts {
  /// Returns the counter of queries over `transport`.
  [[nodiscard]] Counter& queries(record::Transport transport) noexcept;

  Counter udp_queries;  // that security groups admitted
  Counter tcp_queries;
  Counter dot_queries;
  Counter doh_queries;
  Counter denied;                     // datagrams dropped by a security group
  Counter limited;                    // queries dropped because of a limit
  Counter dropped;                    // messages that get no response: too short, or responses
  Counter truncated;                  // responses with TC
  std::array<Counter, 16> responses;  // by rcode; rcodes above 15 count as 15
  Counter tcp_connections;            // accepted connections of DNS over TCP
  Counter dot_connections;            // … of DNS over TLS
  Counter doh_connections;            // … of DNS over HTTPS
  Counter tls_handshakes;             // completed handshakes
  Counter tls_resumed;                // of them, with a resumed session
  Counter tls_handshakes_failed;
  Counter tcp_refused;       // over a limit, or refused by security groups after the filter
  Counter datagrams_unsent;  // responses that the kernel did not accept
  Counter udp_groups;        // messages with more than one response
  Counter cache_hits;        // queries that the cache answered, at least in part
  Counter forwarded;         // queries that waited for targets
  Counter forward_failed;    // of them, queries that no target answered
  std::array<Counter, kForwardRefusals> forward_refused;  // by reason on this host

  RefusedClients* refused_clients = nullptr;  // null: refused clients are not collected
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

/// Sums of the counters of all workers.
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
  /// Formats one line for the operator log: `queries udp=10 tcp=1 denied=0 … NOERROR=9 NXDOMAIN=2`.
  [[nodiscard]] std::string to_text() const;
};

}  // namespace inlet53::server
