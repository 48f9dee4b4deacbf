// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tcp_listener.h"

namespace inlet53::lambda {

/// Events of a Runtime API. A callback must not destroy the API. Threads: the loop's.
class RuntimeApiOwner {
 public:
  /// The runtime waits for an invocation. `deliver` may be called at once or later.
  virtual void next_requested() = 0;
  /// The current invocation has ended.
  virtual void response_received(std::string&& payload) = 0;
  virtual void response_too_large() = 0;
  virtual void error_received(std::string&& payload) = 0;
  /// The runtime reports that its initialisation failed.
  virtual void init_error_received(std::string&& payload) = 0;
  /// No connection is left.
  virtual void disconnected() = 0;

 protected:
  ~RuntimeApiOwner() = default;
};

/// Invocation as the runtime receives it.
struct RuntimeInvocation {
  std::string request_id;
  std::string payload;  // the event
  std::string function_arn;
  std::string trace_id;
  int64_t deadline_ms = 0;  // since 1970
};

/// The Lambda Runtime API of one environment, on a port of 127.0.0.1:
///
///   Started ──next──► Ready ──deliver──► Running ──response, error──► Responded ──next──► Ready …
///      └─init error─► InitError
///
/// Every process of the machine can connect to the port. `Authorize` checks each connection when it
/// is accepted; a refused one is closed without a byte. A request in the wrong phase gets 403, an
/// unknown request id 400, a payload over `kMaxPayload` 413.
/// Threads: the loop's. Lifetime: loop and owner outlive it.
/// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes"; the
/// wording of errors as of the Lambda Runtime Interface Emulator.
class RuntimeApi final {
 public:
  /// Maximum bytes of a response and of an event. Source: Lambda quotas; the number in its error
  /// message.
  static constexpr uint32_t kMaxPayload = 6'291'556;

  /// Returns true when the client may use the API; called once for each connection.
  using Authorize = std::function<bool(const SocketAddress& client, const SocketAddress& server)>;

  /// Errors: the reason why it cannot listen.
  [[nodiscard]] static Result<std::unique_ptr<RuntimeApi>, std::string> open(net::Loop& loop,
                                                                             RuntimeApiOwner& owner,
                                                                             Authorize authorize);
  ~RuntimeApi();

  /// Returns AWS_LAMBDA_RUNTIME_API: `127.0.0.1:40123`.
  [[nodiscard]] const std::string& authority() const noexcept { return authority_; }
  /// Sends the runtime an invocation. Requires: `next_requested` was called, and nothing delivered
  /// since.
  void deliver(const RuntimeInvocation& invocation);
  [[nodiscard]] bool connected() const noexcept { return conversations_ > 0; }

 private:
  enum class Phase : uint8_t { Started, InitError, Ready, Running, Responded };
  class Conversation;

  RuntimeApi(net::Loop& loop, net::Descriptor socket, RuntimeApiOwner& owner, Authorize authorize);
  std::unique_ptr<net::TcpClient> accept(net::TcpConnection& connection);
  void ended(const Conversation& conversation);

  void request_received(Conversation& conversation, http::StreamId stream, http::Request&& request);
  void next_requested(Conversation& conversation, http::StreamId stream);
  [[nodiscard]] http::Response answer_post(std::string_view path, http::Request&& request);
  [[nodiscard]] http::Response accept_outcome(std::string_view request_id, std::string_view what,
                                              std::string&& payload);
  [[nodiscard]] http::Response accept_init_error(std::string&& payload);
  [[nodiscard]] http::Response refuse_payload();
  [[nodiscard]] http::Response out_of_turn(std::string_view wanted) const;

  RuntimeApiOwner& owner_;
  const Authorize authorize_;
  const SocketAddress address_;
  const std::string authority_;
  Phase phase_ = Phase::Started;
  std::string request_id_;  // of the last delivered invocation
  http::BodyBudget budget_;
  size_t conversations_ = 0;  // number of open ones
  Conversation* waiting_ =
      nullptr;  // whose `next` has no response yet; null also when it has closed
  http::StreamId waiting_stream_ = 0;
  net::TcpListener listener_;
};

}  // namespace inlet53::lambda
