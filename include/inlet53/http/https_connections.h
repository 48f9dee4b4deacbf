// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tcp_listener.h"
#include "inlet53/net/tls_context.h"

/// The server's side of HTTPS: connections, TLS, HTTP/1.1 and HTTP/2. What the requests mean is for
/// others.
namespace inlet53::http {

/// A request's place: the connection, and the stream in it. Never used again for another request.
struct RequestId {
  uint64_t connection = 0;
  StreamId stream = 0;

  friend auto operator<=>(const RequestId&, const RequestId&) = default;
};

/// How a request came in. Lifetime: the texts outlive the connection.
struct RequestOrigin {
  SocketAddress client;
  std::string_view tls_version;   // TLSv1.3
  std::string_view cipher_suite;  // TLS_AES_128_GCM_SHA256
};

/// Answers requests. Called on the loop's thread.
class RequestReceiver {
 public:
  /// The head of a request came whose body has not: a response refuses the body, and nothing more
  /// comes of this request; else `request_received` or `request_abandoned` follows. A receiver that
  /// moves `head` away keeps it: then only body and charge follow. Not called for a request without
  /// a body. By default each body is kept.
  virtual HeadDecision head_received(RequestId id, const RequestOrigin& origin, Request& head);
  /// A whole request came. `HttpsConnections::respond` may be called at once or later.
  virtual void request_received(RequestId id, const RequestOrigin& origin, Request&& request) = 0;
  /// A request that `head_received` let in or `request_received` gave, and that has no response
  /// yet, lost its client (it reset the stream, or its connection ended or is closed from its
  /// side), or the rest of it was refused. At most once, and `request_received` never follows it.
  /// `respond` may be called; a client that closed its side only gets that. By default: nothing.
  virtual void request_abandoned(RequestId id);
  /// Composes the response to what is no proper request.
  virtual Response refuse(Refusal refusal) = 0;

 protected:
  ~RequestReceiver() = default;
};

/// Settings that the connections of a table share.
struct HttpsOptions {
  uint32_t handshake_timeout_ms = 10000;
  uint32_t head_timeout_ms = 10000;  // from a request's first octet to the end of its head
  uint32_t body_timeout_ms = 30000;  // without an octet of its body
  uint32_t idle_timeout_ms = 60000;  // between requests, and for a client that does not read
  ServerLimits limits;
};

/// Connection counters since start.
struct HttpsCounts {
  uint64_t connections = 0;
  uint64_t handshakes = 0;  // that came to an end
  uint64_t resumed = 0;     // of these, with a session from before
  uint64_t handshakes_failed = 0;
};

class HttpsConnection;

/// State that the connections of a table share.
struct HttpsShared {
  net::Loop& loop;
  const HttpsOptions& options;
  HttpsCounts counts{};
  std::unordered_map<uint64_t, HttpsConnection*> open{};  // by their numbers
  /// Connections with work left, by their numbers: each goes on in the loop's next turn, after
  /// other sockets were looked at.
  std::vector<uint64_t> unfinished{};
  net::EveryTurn* next_turn = nullptr;  // runs while `unfinished` is not empty
};

/// The connections of one or more listeners, which ask this for the clients of the connections that
/// they accept. A listener that drains has them take no further requests: each ends when what is
/// under way is answered.
/// Threads: the loop's. Lifetime: outlives those listeners.
class HttpsConnections final {
 public:
  /// Lifetime: `loop` and `budget` outlive this. `budget` belongs to this table alone, but for the
  /// charges that requests hold.
  HttpsConnections(net::Loop& loop, const HttpsOptions& options, BodyBudget& budget);
  ~HttpsConnections();
  HttpsConnections(const HttpsConnections&) = delete;
  HttpsConnections& operator=(const HttpsConnections&) = delete;

  /// A client was let in. Lifetime: `receiver` the connection's; `tls` may go.
  [[nodiscard]] std::unique_ptr<net::TcpClient> open(net::TcpConnection& tcp,
                                                     const net::TlsServerContext& tls,
                                                     RequestReceiver& receiver);
  /// Answers a request; nothing happens when its client is gone.
  void respond(RequestId id, Response&& response);

  [[nodiscard]] size_t open_connections() const noexcept { return shared_.open.size(); }
  [[nodiscard]] const HttpsCounts& counts() const noexcept { return shared_.counts; }

 private:
  [[nodiscard]] HttpsConnection* find(uint64_t id) const;
  void grant_room();
  void go_on();
  void watch_waiters();

  const HttpsOptions options_;
  BodyBudget& budget_;
  HttpsShared shared_;
  net::TurnEnd turn_end_;     // gives room to bodies that wait
  net::EveryTurn next_turn_;  // goes on with what is unfinished
  net::Timer overdue_;        // runs while bodies wait for room
  uint64_t next_id_ = 1;
};

}  // namespace inlet53::http
