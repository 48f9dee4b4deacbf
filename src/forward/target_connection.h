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
  bool again = false;     // an earlier connection broke under it
  uint64_t since_ms = 0;  // when the connection took it
  std::vector<uint8_t> message = {};
};

class TargetConnection;

/// Whom a connection tells what came. It must not destroy the connection within a call.
class TargetConnectionOwner {
 public:
  /// A message came with the id of the query `token`, which waits no more; `from` is our address.
  virtual void message_received(uint64_t token, Bytes message, const SocketAddress& from) = 0;
  /// It is over, or never stood; `unanswered` is what was left. Nothing comes after it.
  virtual void connection_ended(TargetConnection& connection) = 0;

 protected:
  ~TargetConnectionOwner() = default;
};

/// One TCP connection to a target, with TLS or without: queries go out as they come, responses come
/// in any order. Ids are random on each, so that a connection tells nothing of those over UDP.
/// Threads: the loop's. Lifetime: loop and owner outlive it; `tls` may go.
/// Source: RFC 1035 §4.2.2; RFC 7766 §6.2.1 (one connection for many queries), §7 (any order);
/// RFC 7858 §3.
class TargetConnection final : net::OutgoingConnectionOwner, net::TlsStreamOwner {
 public:
  struct Options {
    const net::TlsClientContext* tls = nullptr;  // null: none
    const net::TlsSession* session = nullptr;    // to be gone on with; null: none
    std::optional<IpAddress> source;
    uint32_t connect_timeout_ms = 0;
  };

  TargetConnection(net::Loop& loop, const Target& target, const Options& options,
                   RandomOctets& random, TargetConnectionOwner& owner);

  /// Takes a query; it leaves with the next `flush`, once the connection stands.
  void add(StreamQuery query);
  void flush();
  /// Ends it: the owner is told.
  void close();

  /// Removes and returns the queries that have waited for `limit_ms` or longer.
  [[nodiscard]] std::vector<StreamQuery> remove_older(uint64_t limit_ms);

  [[nodiscard]] size_t waiting() const noexcept { return queries_.size(); }
  [[nodiscard]] bool over() const noexcept { return over_; }
  /// It is about to be closed: no query is added any more.
  void retire() noexcept { retired_ = true; }
  [[nodiscard]] bool retired() const noexcept { return retired_; }
  /// Whether it has brought a response: then its end says nothing against the target.
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  /// Milliseconds of the loop at the last octets in either direction.
  [[nodiscard]] uint64_t active_ms() const noexcept { return active_ms_; }
  /// Whether a query waits that is `limit_ms` old or older, and nothing came since it began to
  /// wait.
  [[nodiscard]] bool is_stuck(uint64_t limit_ms) const noexcept;
  /// What was not answered. Requires: it is over.
  [[nodiscard]] std::vector<StreamQuery>& unanswered() noexcept { return queries_; }
  /// What the next connection can go on with; empty without TLS.
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

  void take(Bytes octets);
  size_t take_messages(Bytes octets);
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
  uint64_t received_ms_ = 0;  // of the last octets from the target; 0: none
  SocketAddress local_;
  std::optional<net::TlsStream> tls_;
  net::OutgoingConnection transport_;
};

}  // namespace inlet53::forward
