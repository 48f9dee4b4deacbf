#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/net/tcp_listener.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// DNS over TCP at one endpoint IP address (RFC 7766): frames the stream, answers each message in
/// the order of arrival, several to a write; a query that waits for targets is answered when it can
/// be, after others that came later (RFC 7766 §6.2.1.1).
///
/// A connection that sends what can't be answered (a message of under 12 octets, a response) is
/// closed, as RFC 7766 §8 allows: nothing after it in the stream can be trusted.
/// Threads: its worker's loop.
class TcpService final : public net::TcpConnectionOwner, public Replier {
 public:
  /// `socket`: bound, not listening. `address` as for `set_address`. `batch_done` is called after
  /// the messages that one read brought were answered.
  /// Lifetime: `responder` and `forwarder` outlive this.
  TcpService(net::Loop& loop, net::Descriptor socket, const settings::Tcp& settings,
             Responder& responder, QueryForwarder& forwarder, WorkerCounts& counts,
             const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~TcpService();

  /// From now on answers from `address`, and admits the sources that its security groups do:
  /// others get no handshake. Connections that stand are kept, as AWS keeps tracked ones.
  /// Lifetime: `address` until the next `set_address` or the end.
  void set_address(const resolver::EndpointAddress& address);

  /// Takes no more connections; those that stand get answers to what has arrived, and end when they
  /// have been idle for 100 ms.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept { return connections_.size(); }

 private:
  /// Queries of one connection that may wait for targets; then it takes no more for now.
  static constexpr uint32_t kMaxWaiting = 100;

  struct Connection {
    uint64_t number = 0;    // of all that were accepted: an address may come again
    uint32_t waiting = 0;   // queries
    bool finished = false;  // the client has said all
    bool paused = false;
  };

  size_t received(net::TcpConnection& connection, Bytes stream) override;
  bool owes_responses(net::TcpConnection& connection) override;
  bool timed_out(net::TcpConnection& connection) override;
  void closed(net::TcpConnection& connection) override;
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return *address_;
  }
  void reply(const ReplyTo& to, Bytes response) override;
  void send(net::TcpConnection& connection, Bytes message);
  bool admit(net::TcpConnection& connection);
  /// Answers one message into the outgoing buffer. False when the connection is of no more use.
  bool answer(net::TcpConnection& connection, Connection& of, Bytes message);

  void count_refused();

  const settings::Tcp settings_;
  Responder& responder_;
  QueryForwarder& forwarder_;
  WorkerCounts& counts_;
  const resolver::EndpointAddress* address_;
  const std::function<void()> batch_done_;
  std::unique_ptr<uint8_t[]> buffer_;  // length and message, 2 + 65535 octets
  std::unordered_map<net::TcpConnection*, Connection> connections_;
  std::unordered_map<uint64_t, net::TcpConnection*> waited_for_;  // those with queries that wait
  uint64_t next_number_ = 1;
  uint64_t refused_counted_ = 0;
  bool draining_ = false;
  net::TcpListener listener_;
};

}  // namespace inlet53::server
