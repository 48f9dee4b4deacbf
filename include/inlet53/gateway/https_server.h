// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/https_connections.h"
#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/https_daemon.h"

/// HTTPS at the addresses of VPC endpoints. `CallReceiver` interprets the requests.
namespace inlet53::gateway {

/// One address that the server listens on: a network interface of a VPC endpoint.
struct ServedAddress {
  SocketAddress listen;
  std::string vpc_endpoint;  // its id
  CidrSet sources;           // permitted by the endpoint's security groups
};

/// Number of a call. It is never reused.
using CallId = http::RequestId;

/// Origin of a call. Lifetime: of the call to `CallReceiver`.
struct CallOrigin {
  std::string_view vpc_endpoint;  // its id
  IpAddress source;
  std::string_view tls_version;   // TLSv1.3
  std::string_view cipher_suite;  // TLS_AES_128_GCM_SHA256
};

/// Receives calls. Threads: the loop's.
class CallReceiver {
 public:
  /// Receives the head of a call before its body. Not called for a call without a body. A returned
  /// response refuses the body and ends the call; otherwise `call_received` or `call_abandoned`
  /// follows. A receiver may move `head` away; then only body and charge follow. The default keeps
  /// each body.
  virtual http::HeadDecision head_received(CallId call, const CallOrigin& origin,
                                           http::Request& head);
  /// Receives a complete request. `HttpsServer::respond` may be called at once or later. The memory
  /// of the body is charged to the client as long as `request.charge` lives.
  virtual void call_received(CallId call, const CallOrigin& origin, http::Request&& request) = 0;
  /// Ends a call that has no response yet: its client has left (reset, end, FIN), or the rest of
  /// its request was refused. Called at most once, after `head_received` or `call_received`, and
  /// never before `call_received`. `HttpsServer::respond` may still be called.
  virtual void call_abandoned(CallId call) = 0;
  /// Composes the response to an invalid request.
  virtual http::Response refuse(http::Refusal refusal) = 0;

 protected:
  ~CallReceiver() = default;
};

/// Connection counters since start; `open` is a gauge.
struct ServerCounts : http::HttpsCounts {
  uint64_t refused = 0;  // over a limit, or unauthorised sources that passed the filter
  uint64_t open = 0;
};

/// HTTPS server for a set of addresses. Threads: the loop's. Lifetime: the loop and `receiver`
/// outlive it.
class HttpsServer {
 public:
  /// Lifetime: `budget` outlives the server and the charges of its requests.
  HttpsServer(net::Loop& loop, const settings::Gateway& settings, http::BodyBudget& budget,
              CallReceiver& receiver);
  /// Closes all connections. Requires: not called inside a callback of the server.
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  /// Returns a bound socket for each of `addresses` that is not served yet. This is the only step
  /// of a reload that can fail. Errors: of bind(2), for example a port that another process uses.
  [[nodiscard]] Result<std::vector<net::Descriptor>, net::SocketError> open_sockets(
      const std::vector<ServedAddress>& addresses) const;
  /// Replaces the served addresses. Closes the connections of removed addresses and keeps the
  /// others. `sockets`: from `open_sockets` for the same addresses.
  void serve(std::vector<ServedAddress> addresses, std::vector<net::Descriptor> sockets);
  /// Sets the certificate for new connections. Requires: called before `serve`.
  void set_tls(std::shared_ptr<const net::TlsServerContext> tls);

  /// Sends the response to a call. Does nothing when the client has left.
  void respond(CallId call, http::Response&& response);

  /// Stops accepting connections and requests. Connections end when their requests in progress are
  /// answered.
  void drain();
  [[nodiscard]] ServerCounts counts() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
