// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"
#include "inlet53/http/url.h"
#include "inlet53/net/loop.h"

namespace inlet53::http {

enum class ClientErrorKind : uint8_t {
  Unreachable,  // no address, no connection, or a TLS failure
  Broken,       // the connection ended or failed before the response was complete
  Malformed,    // not HTTP/1.1
  TooLarge,     // over a limit
  NoRoom,       // the response does not fit in the budget
};

struct ClientError {
  ClientErrorKind kind = ClientErrorKind::Unreachable;
  std::string message;  // for a log
};

struct ClientOptions {
  uint32_t connect_timeout_ms = 5000;
  uint32_t idle_timeout_ms = 60000;  // of a kept connection
  uint32_t max_idle_per_host = 16;
  uint32_t max_body = 10485760;  // bytes of a response
  uint32_t max_head = 64U << 10;
  uint32_t max_fields = 1000;  // field lines of a response
  std::string ca_file;  // PEM, trusted in addition to the system's authorities; empty: only those
};

/// HTTP/1.1 client. Keeps connections for later calls. If the server has closed a kept connection
/// before the first byte of a response, the call is repeated once on a new connection, when its
/// method is idempotent (RFC 9110 §9.2.2) and its request is small (BodyBudget::kSmallBody).
/// Response bytes are charged to a budget before they are kept. Threads: the loop's. Lifetime: the
/// loop and the budget outlive it.
class Client {
 public:
  using CallId = uint64_t;
  using Done = std::function<void(Result<Response, ClientError>&&)>;

  /// Lifetime: `budget` also outlives the responses.
  Client(net::Loop& loop, const ClientOptions& options, BodyBudget& budget);
  /// Ends all calls without calling `done`.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends a request to `url` and calls `done` once, never before this returns. The target is that
  /// of `url`; `request.target` is ignored. The response's fields include Content-Length and
  /// Connection if they were sent, and no other fields of the connection. `request.fields` are sent
  /// unchanged, except Host, Content-Length and Connection, which the client makes. A call has no
  /// timeout except for connecting: the caller keeps a deadline and calls `cancel`. `payer`: the
  /// client whose account the response is charged to, from its first byte on; the response carries
  /// this charge. The client holds the body's part of `request.charge` until the request is written
  /// and a response begins, and the rest of it until the call ends.
  CallId start(const Url& url, Request&& request, const IpAddress& payer, Done done);
  /// Ends a call, closes its connection and releases its memory; its `done` is not called.
  void cancel(CallId call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Parses the bytes of one whole response of HTTP/1.1, up to the end of its connection. Absent when
/// they are none, are not all of it, or have a body of more than 64 MiB.
[[nodiscard]] std::optional<Response> parse_response(std::string_view bytes);

}  // namespace inlet53::http
