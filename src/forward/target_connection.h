// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/random_octets.h"
#include "inlet53/forward/target.h"
#include "inlet53/net/outgoing_connection.h"
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
                   RandomOctets& random, TargetConnectionOwner& owner);

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
  RandomOctets& random_;
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

}  // namespace inlet53::forward
