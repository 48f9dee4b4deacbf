#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "inlet53/base/ip_address.h"
#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"
#include "inlet53/net/tcp_listener.h"
#include "inlet53/net/tls_context.h"

/// The server's side of HTTPS: connections, TLS, HTTP/1.1 and HTTP/2. What the requests mean is for
/// others.
namespace inlet53::http {

/// A request's place: the connection, and the stream in it. Never used again for another request.
struct RequestId {
  uint64_t connection = 0;
  StreamId stream = 0;

  friend bool operator==(const RequestId&, const RequestId&) = default;
};

/// How a request came in. Lifetime: the texts outlive the connection.
struct RequestOrigin {
  SocketAddress client;
  std::string_view tls_version;   // TLSv1.3
  std::string_view cipher_suite;  // TLS_AES_128_GCM_SHA256
};

/// Who answers requests. Called on the loop's thread.
class RequestTaker {
 public:
  /// A whole request came. `HttpsConnections::respond` may be called at once or later.
  virtual void request_received(RequestId id, const RequestOrigin& origin, Request&& request) = 0;
  /// The client of a request that is not answered yet has left: it reset the stream, or its
  /// connection ended or is closed from its side. `respond` may still be called; a client that
  /// closed its side only gets the response.
  virtual void request_abandoned(RequestId) {}
  /// The response to what is no proper request.
  virtual Response refuse(Refusal refusal) = 0;

 protected:
  ~RequestTaker() = default;
};

/// What the connections of a table have in common.
struct HttpsOptions {
  uint32_t handshake_timeout_ms = 10000;
  uint32_t head_timeout_ms = 10000;  // from a request's first octet to the end of its head
  uint32_t body_timeout_ms = 30000;  // without an octet of its body
  uint32_t idle_timeout_ms = 60000;  // between requests, and for a client that does not read
  ServerLimits limits;
};

/// What the connections came to since the start.
struct HttpsCounts {
  uint64_t connections = 0;
  uint64_t handshakes = 0;  // that came to an end
  uint64_t resumed = 0;     // of these, with a session from before
  uint64_t handshakes_failed = 0;
};

class HttpsConnection;

/// The connections of one or more listeners, each of which names this as its connections' owner and
/// hands over the connections that it admits.
/// Threads: the loop's. Lifetime: outlives those listeners.
class HttpsConnections final : public net::TcpConnectionOwner {
 public:
  explicit HttpsConnections(const HttpsOptions& options);
  ~HttpsConnections();
  HttpsConnections(const HttpsConnections&) = delete;
  HttpsConnections& operator=(const HttpsConnections&) = delete;

  /// A client was let in. Lifetime: `taker` the connection's; `tls` may go.
  void open(net::TcpConnection& tcp, const net::TlsServerContext& tls, RequestTaker& taker);
  /// Answers a request; nothing happens when its client is gone.
  void respond(RequestId id, Response&& response);
  /// Takes no further requests; connections end when what is under way is answered.
  void drain();

  [[nodiscard]] size_t open_connections() const noexcept { return by_tcp_.size(); }
  [[nodiscard]] const HttpsCounts& counts() const noexcept { return counts_; }

 private:
  //--- net::TcpConnectionOwner
  size_t received(net::TcpConnection& tcp, Bytes stream) override;
  bool owes_responses(net::TcpConnection& tcp) override;
  void caught_up(net::TcpConnection& tcp) override;
  bool timed_out(net::TcpConnection& tcp) override;
  void closed(net::TcpConnection& tcp) override;

  [[nodiscard]] HttpsConnection& connection_of(net::TcpConnection& tcp);

  struct Entry {
    uint64_t id = 0;
    std::unique_ptr<HttpsConnection> connection;
  };
  const HttpsOptions options_;
  HttpsCounts counts_;
  uint64_t next_id_ = 1;
  std::unordered_map<uint64_t, HttpsConnection*> by_id_;
  std::unordered_map<net::TcpConnection*, Entry> by_tcp_;
};

}  // namespace inlet53::http
