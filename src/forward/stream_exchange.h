// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/random.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/outgoing_connection.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/net/tls_stream.h"

namespace inlet53::forward {

/// A query on a connection.
struct StreamQuery {
  uint64_t token = 0;
  uint16_t id = 0;
  bool again = false;     // a former connection ended before the response
  uint64_t since_ms = 0;  // time of `add`
  std::vector<uint8_t> message = {};
};

class TargetConnection;

/// Receives the events of a connection. It must not destroy the connection within a call.
class TargetConnectionOwner {
 public:
  /// Reports a message with the id of the query `token`, which waits no more; `from` is our
  /// address.
  virtual void message_received(uint64_t token, Bytes message, const SocketAddress& from) = 0;
  /// Reports the end of the connection or of the attempt to connect; `unanswered` has the remaining
  /// queries. It is the last call.
  virtual void connection_ended(TargetConnection& connection) = 0;

 protected:
  ~TargetConnectionOwner() = default;
};

/// TCP connection to a target, with or without TLS. Queries are sent as they arrive; responses may
/// arrive in any order. Ids are random per connection, so that a connection reveals nothing about
/// ids over UDP. Threads: the loop's. Lifetime: loop and owner outlive it; `tls` may be destroyed.
/// Source: RFC 1035 §4.2.2; RFC 7766 §6.2.1 (one connection for many queries), §7 (any order); RFC
/// 7858 §3.
class TargetConnection final : net::OutgoingConnectionOwner, net::TlsStreamOwner {
 public:
  struct Options {
    const net::TlsClientContext* tls = nullptr;  // null: none
    const net::TlsSession* session = nullptr;    // to be resumed; null: none
    std::optional<IpAddress> source;
    uint32_t connect_timeout_ms = 0;
  };

  TargetConnection(net::Loop& loop, const Target& target, const Options& options,
                   RandomBytes& random, TargetConnectionOwner& owner);

  /// Adds a query; the next `flush` sends it once the connection is established.
  void add(StreamQuery query);
  void flush();
  /// Closes the connection and reports that to the owner.
  void close();

  /// Removes and returns the queries that have waited for `limit_ms` or longer.
  [[nodiscard]] std::vector<StreamQuery> remove_older(uint64_t limit_ms);

  [[nodiscard]] size_t waiting() const noexcept { return queries_.size(); }
  [[nodiscard]] bool over() const noexcept { return over_; }
  /// Marks the connection as about to be closed: no query is added any more.
  void retire() noexcept { retired_ = true; }
  [[nodiscard]] bool retired() const noexcept { return retired_; }
  /// Returns whether it has received a response: then its end does not count against the target.
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  /// Time of the loop in milliseconds at the last data in either direction.
  [[nodiscard]] uint64_t active_ms() const noexcept { return active_ms_; }
  /// Returns whether a query has waited for `limit_ms` or longer without any data from the target.
  [[nodiscard]] bool is_stuck(uint64_t limit_ms) const noexcept;
  /// Returns the unanswered queries. Requires: the connection has ended.
  [[nodiscard]] std::vector<StreamQuery>& unanswered() noexcept { return queries_; }
  /// Returns the TLS session that the next connection can resume; empty without TLS.
  [[nodiscard]] net::TlsSession session() const {
    return tls_ ? tls_->session() : net::TlsSession();
  }
  [[nodiscard]] bool resumed() const noexcept { return tls_ && tls_->resumed(); }

 private:
  void connected() override;
  void received(Bytes octets) override;
  void ended(const std::string& error) override;
  void send_ciphertext(Bytes octets) override { transport_.send(octets); }
  size_t received_plaintext(Bytes stream) override;
  [[nodiscard]] bool wants_no_plaintext() const override { return false; }

  void parse_stream(Bytes octets);
  size_t deliver_messages(Bytes octets);
  void deliver(Bytes message);
  void end();

  net::Loop& loop_;
  RandomBytes& random_;
  TargetConnectionOwner& owner_;
  std::vector<StreamQuery> queries_;
  std::vector<uint8_t> out_;  // with their length prefixes, not yet sent
  std::vector<uint8_t> in_;   // the beginning of a message
  bool open_ = false;
  bool over_ = false;
  bool retired_ = false;
  bool proven_ = false;
  uint64_t active_ms_;
  uint64_t received_ms_ = 0;  // of the last data from the target; 0: none
  SocketAddress local_;
  std::optional<net::TlsStream> tls_;
  net::OutgoingConnection transport_;
};

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
  RandomBytes random_;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<TargetConnection>> removed_;  // until the turn ends
  std::vector<uint64_t> failed_;                            // to be reported
  Counts counts_;
  net::TurnEnd turn_end_;
  net::Timer sweeper_;
};

}  // namespace inlet53::forward
