// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "target_connection.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/random_octets.h"
#include "inlet53/forward/target.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tls_context.h"

namespace inlet53::forward {

/// Receives the events of a StreamExchange, never within `send`.
class StreamExchangeOwner {
 public:
  virtual void received_on_stream(uint64_t token, Bytes message, const SocketAddress& from) = 0;
  /// Reports that the connection could not be made, or ended before a response.
  virtual void stream_failed(uint64_t token) = 0;

 protected:
  ~StreamExchangeOwner() = default;
};

/// Queries over TCP and TLS. There are a few connections per target, opened on demand, shared, and
/// closed when idle. If a connection ends after it has received other responses, its queries are
/// sent once more on another: the target may have closed it as idle (RFC 7766 §6.2.4). A query
/// waits for a limited time, so that queries that a target never answers do not fill a connection.
/// Threads: the loop's. Lifetime: loop, `tls` and owner outlive it.
class StreamExchange final : TargetConnectionOwner {
 public:
  /// Maximum number of connections per target. A new one is opened when each of the others has
  /// `kPipelined` queries.
  static constexpr size_t kMaxConnections = 4;
  static constexpr size_t kPipelined = 32;
  /// Maximum number of queries that wait on a connection; further queries fail.
  static constexpr size_t kMaxWaiting = 1000;

  struct Options {
    uint32_t connect_timeout_ms = 2000;
    uint32_t idle_timeout_ms = 10000;
    /// Time that a query waits. A connection that received nothing in this time is closed.
    uint32_t response_timeout_ms = 5000;
    const net::TlsClientContext* tls = nullptr;  // null: queries to DoT targets fail
  };

  StreamExchange(net::Loop& loop, const Options& options, StreamExchangeOwner& owner);

  void add_target(uint32_t target, const Target& address, const std::vector<IpAddress>& sources);
  /// Closes the target's connections without reports about their queries.
  void remove_target(uint32_t target);
  /// Sends a query with another id at the end of the turn. `token` is the caller's.
  void send(uint32_t target, Bytes query, uint64_t token);

  struct Counts {
    uint64_t connections = 0;  // made
    uint64_t resumed = 0;      // of them, with an earlier TLS session
    uint64_t again = 0;        // queries that were sent once more
  };
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  struct Place {
    std::optional<Target> target;  // absent: free
    std::vector<IpAddress> sources;
    std::vector<std::unique_ptr<TargetConnection>> connections;
    net::TlsSession session;
  };

  void message_received(uint64_t token, Bytes message, const SocketAddress& from) override;
  void connection_ended(TargetConnection& connection) override;

  void send(Place& place, StreamQuery query);
  [[nodiscard]] TargetConnection* connection_for(Place& place);
  void fail(uint64_t token);
  void end_turn();
  void remove_ended(Place& place);
  void sweep();
  void close_stuck(Place& place);
  void close_idle(Place& place);

  net::Loop& loop_;
  const Options options_;
  StreamExchangeOwner& owner_;
  RandomOctets random_;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<TargetConnection>> removed_;  // until the turn ends
  std::vector<uint64_t> failed_;                            // to be reported
  Counts counts_;
  net::TurnEnd turn_end_;
  net::Timer sweeper_;
};

}  // namespace inlet53::forward
