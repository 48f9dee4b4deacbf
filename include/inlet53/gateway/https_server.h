#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/cidr.h"
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

/// HTTPS at the addresses of VPC endpoints. What the requests mean is for others.
namespace inlet53::gateway {

/// One address that is served: a network interface of a VPC endpoint.
struct ServedAddress {
  SocketAddress listen;
  std::string vpc_endpoint;  // its id
  CidrSet sources;           // whom the endpoint's security groups let in
};

/// A call's place. Never used again for another call.
using CallId = http::RequestId;

/// How a call came in. Lifetime: for the time of `call_received`.
struct CallOrigin {
  std::string_view vpc_endpoint;  // its id
  IpAddress source;
  std::string_view tls_version;   // TLSv1.3
  std::string_view cipher_suite;  // TLS_AES_128_GCM_SHA256
};

/// Answers the calls. All are called on the loop's thread.
class CallTaker {
 public:
  /// The head of a call came whose body has not: a response refuses the body and ends the call;
  /// else `call_received` or `call_abandoned` follows. A taker that moves `head` away keeps it:
  /// then only body and charge follow. Not called for a call without a body. By default each body
  /// is kept.
  virtual http::HeadDecision head_received(CallId call, const CallOrigin& origin,
                                           http::Request& head);
  /// A whole request came. `HttpsServer::respond` may be called at once or later. What its body
  /// occupies is charged to its client as long as `request.charge` lives.
  virtual void call_received(CallId call, const CallOrigin& origin, http::Request&& request) = 0;
  /// A call that `head_received` let in or `call_received` gave, and that has no response yet, lost
  /// its client (reset, end, FIN), or the rest of its request was refused. At most once, and never
  /// followed by `call_received`. `HttpsServer::respond` may still be called.
  virtual void call_abandoned(CallId call) = 0;
  /// Composes the response to what is no proper request.
  virtual http::Response refuse(http::Refusal refusal) = 0;

 protected:
  ~CallTaker() = default;
};

/// What the connections came to. Since the start, but for `open`.
struct ServerCounts : http::HttpsCounts {
  uint64_t refused = 0;  // over a limit, or strangers that the filter let through
  uint64_t open = 0;
};

/// Serves a set of addresses. Threads: the loop's. Lifetime: the loop and `taker` outlive it.
class HttpsServer {
 public:
  /// Lifetime: `budget` outlives this, and the charges of the requests that it gives.
  HttpsServer(net::Loop& loop, const settings::Gateway& settings, http::BodyBudget& budget,
              CallTaker& taker);
  /// Closes every connection. Requires: not called inside one of its callbacks.
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  /// A bound socket for each of `addresses` that is not served yet: the step of a reload that can
  /// fail. Errors: what binding gave; a port that another process holds is one.
  [[nodiscard]] Result<std::vector<net::Descriptor>, net::SocketError> open_sockets(
      const std::vector<ServedAddress>& addresses) const;
  /// Serves these from now on, and no others: connections at addresses that are gone are closed,
  /// those at the others go on. `sockets` come from `open_sockets` for the same addresses.
  void serve(std::vector<ServedAddress> addresses, std::vector<net::Descriptor> sockets);
  /// The certificate for connections that come from now on. Requires: called before `serve`.
  void set_tls(std::shared_ptr<const net::TlsServerContext> tls);

  /// Answers a call; nothing happens when its client is gone.
  void respond(CallId call, http::Response&& response);

  /// Takes no more connections and no further requests; connections end when what is under way is
  /// answered.
  void drain();
  [[nodiscard]] ServerCounts counts() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
