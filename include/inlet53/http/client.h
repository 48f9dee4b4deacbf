// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"
#include "inlet53/http/url.h"
#include "inlet53/net/loop.h"

namespace inlet53::http {

enum class ClientErrorKind : uint8_t {
  Unreachable,  // no address, no connection, TLS that fails or whose certificate does not verify
  Broken,       // the connection ended or failed before the whole response was there
  Malformed,    // not HTTP/1.1
  TooLarge,     // over a limit
  NoRoom,       // the budget has no room for the response
};

struct ClientError {
  ClientErrorKind kind = ClientErrorKind::Unreachable;
  std::string message;  // for a log
};

struct ClientOptions {
  uint32_t connect_timeout_ms = 5000;
  uint32_t idle_timeout_ms = 60000;  // of a kept connection
  uint32_t max_idle_per_host = 16;
  uint32_t max_body = 10485760;  // octets of a response
  uint32_t max_head = 64U << 10;
  uint32_t max_fields = 1000;  // field lines of a response
  std::string ca_file;         // PEM, trusted beside the system's authorities; empty: those only
};

/// Calls HTTP/1.1 servers. Keeps connections for later calls; a call that finds a kept connection
/// closed by the server, before any octet of a response, is made once more on a new one when its
/// method is idempotent (RFC 9110 §9.2.2) and its request small (BodyBudget::kSmallBody). The bytes
/// of a response have room in a budget before they are kept. Threads: the loop's. Lifetime: the
/// loop and the budget outlive it.
class Client {
 public:
  using CallId = uint64_t;
  using Done = std::function<void(Result<Response, ClientError>&&)>;

  /// Lifetime: `budget` outlives the responses too.
  Client(net::Loop& loop, const ClientOptions& options, BodyBudget& budget);
  /// Ends what is under way; no `done` comes any more.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends a request to `url` (whose target it takes; `request.target` is ignored) and calls `done`
  /// once, never before this returns. The response has its Content-Length and Connection among its
  /// fields, if they were sent; nothing else of the connection. `request.fields` go out as they
  /// are, Host, Content-Length and Connection aside, which the client makes. A call has no timeout
  /// but that of connecting: the caller keeps its deadline and calls `cancel`. `payer`: whose part
  /// of the budget the response is charged to, from its first byte on; it has its charge with it.
  /// The client holds the body's part of `request.charge` until the request is written and a
  /// response begins, the rest of it until the call ends.
  CallId start(const Url& url, Request&& request, const IpAddress& payer, Done done);
  /// Ends a call, closes its connection and releases what it holds; its `done` does not come.
  void cancel(CallId call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::http
