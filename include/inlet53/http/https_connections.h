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

/// Server side of HTTPS: connections, TLS, HTTP/1.1 and HTTP/2. It does not interpret requests.
namespace inlet53::http {

/// Identifies a request by its connection and its stream. Never reused.
struct RequestId {
  uint64_t connection = 0;
  StreamId stream = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of the default for a pointer
  friend auto operator<=>(const RequestId&, const RequestId&) = default;
};

/// Origin of a request. Lifetime: the texts outlive the connection.
struct RequestOrigin {
  SocketAddress client;
  std::string_view tls_version;   // TLSv1.3
  std::string_view cipher_suite;  // TLS_AES_128_GCM_SHA256
};

/// Answers requests. Called on the loop's thread.
class RequestReceiver {
 public:
  /// Receives the head of a request before its body. A returned response refuses the body and ends
  /// this request; otherwise `request_received` or `request_abandoned` follows. A receiver may move
  /// `head` away; then only body and charge follow. Not called for a request without a body. The
  /// default keeps each body.
  virtual HeadDecision head_received(RequestId id, const RequestOrigin& origin, Request& head);
  /// Receives a complete request. `HttpsConnections::respond` may be called at once or later.
  virtual void request_received(RequestId id, const RequestOrigin& origin, Request&& request) = 0;
  /// Ends a request that `head_received` accepted or `request_received` received and that has no
  /// response yet: its client has left (reset, end of the connection, FIN), or the rest of the
  /// request was refused. Called at most once; `request_received` does not follow. `respond` may
  /// still be called; only a client that closed just its side gets the response. Default: does
  /// nothing.
  virtual void request_abandoned(RequestId id);
  /// Composes the response to an invalid request.
  virtual Response refuse(Refusal refusal) = 0;

 protected:
  ~RequestReceiver() = default;
};

/// Settings of the connections of a table.
struct HttpsOptions {
  uint32_t handshake_timeout_ms = 10000;
  uint32_t head_timeout_ms = 10000;  // from a request's first byte to the end of its head
  uint32_t body_timeout_ms = 30000;  // without a byte of its body
  uint32_t idle_timeout_ms = 60000;  // between requests, and for a client that does not read
  ServerLimits limits;
};

/// Connection counters since start.
struct HttpsCounts {
  uint64_t connections = 0;
  uint64_t handshakes = 0;  // completed
  uint64_t resumed = 0;     // resumed a session; included in `handshakes`
  uint64_t handshakes_failed = 0;
};

class HttpsConnection;

/// State shared by the connections of a table.
struct HttpsShared {
  net::Loop& loop;
  const HttpsOptions& options;
  HttpsCounts counts{};
  std::unordered_map<uint64_t, HttpsConnection*> open{};  // by their numbers
  /// Numbers of connections with work left. Each continues in the loop's next turn, after other
  /// sockets have been served.
  std::vector<uint64_t> unfinished{};
  net::EveryTurn* next_turn = nullptr;  // runs while `unfinished` is not empty
};

/// Connections of one or more listeners, which get the clients of their accepted connections from
/// here. When a listener drains, its connections accept no further requests: each ends when its
/// requests in progress are answered.
/// Threads: the loop's. Lifetime: outlives those listeners.
class HttpsConnections final {
 public:
  /// Lifetime: `loop` and `budget` outlive this. Only this table and the charges of its requests
  /// use `budget`.
  HttpsConnections(net::Loop& loop, const HttpsOptions& options, BodyBudget& budget);
  ~HttpsConnections();
  HttpsConnections(const HttpsConnections&) = delete;
  HttpsConnections& operator=(const HttpsConnections&) = delete;

  /// Makes the client of an accepted connection. Lifetime: `receiver` outlives the connection;
  /// `tls` need not.
  [[nodiscard]] std::unique_ptr<net::TcpClient> open(net::TcpConnection& tcp,
                                                     const net::TlsServerContext& tls,
                                                     RequestReceiver& receiver);
  /// Sends the response to a request. Does nothing when its client has left.
  void respond(RequestId id, Response&& response);

  [[nodiscard]] size_t open_connections() const noexcept { return shared_.open.size(); }
  [[nodiscard]] const HttpsCounts& counts() const noexcept { return shared_.counts; }

 private:
  [[nodiscard]] HttpsConnection* find(uint64_t id) const;
  void grant_room();
  void continue_work();
  void watch_waiters();

  const HttpsOptions options_;
  BodyBudget& budget_;
  HttpsShared shared_;
  net::TurnEnd turn_end_;     // grants memory to waiting bodies
  net::EveryTurn next_turn_;  // continues unfinished connections
  net::Timer overdue_;        // runs while bodies wait for memory
  uint64_t next_id_ = 1;
};

}  // namespace inlet53::http
