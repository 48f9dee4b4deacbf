// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/gateway/call_context.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/gateway_responses.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/https_server.h"
#include "inlet53/gateway/request_target.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"
#include "inlet53/lambda/function_service.h"
#include "inlet53/net/loop.h"
#include "inlet53/topology/api_values.h"

namespace inlet53::gateway {

class Integration;

/// A call from its request to its response. It does not move: its views point into its request and
/// into the state, which it keeps alive.
struct Call {
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  CallId id;
  std::shared_ptr<const GatewayState> state;
  http::Request request;  // without its body until the call begins
  RequestPath path;       // views of the request's target
  IpAddress source;
  std::string_view tls_version;  // this and the next outlive the connection
  std::string_view cipher_suite;
  CallContext context;

  //--- Set by authorization, in this order; null before
  const EndpointState* endpoint = nullptr;
  const ApiState* api = nullptr;
  const StageState* stage = nullptr;
  Route route;
  Integration* integration = nullptr;  // of the route's method; outlives the call

  uint64_t started_us = 0;      // when the request was whole, on a monotonic clock
  uint64_t integration_us = 0;  // when its integration was called; 0: not yet
};

//--- Messages of API Gateway that several integrations use
inline constexpr std::string_view kInternalServerError = "Internal server error";
inline constexpr std::string_view kEndpointTimedOut = "Endpoint request timed out";
inline constexpr std::string_view kServiceUnavailable = "Service Unavailable";

/// Reason why an integration has no response.
struct IntegrationFailure {
  std::variant<topology::GatewayResponseType, FixedResponse> response =
      topology::GatewayResponseType::Default5xx;
  std::string_view message;  // for the client; a constant
  std::string reason;        // for the execution log and `$context.integration.error`
};

/// Result of an integration.
struct IntegrationResult {
  Result<http::Response, IntegrationFailure> response;
  std::optional<uint16_t> status{};  // of the backend or Lambda; absent: it did not respond
  std::string request_id{};          // of the Lambda invocation
};

/// One type of integration. It answers authorized calls. Threads: the loop's.
class Integration {
 public:
  /// Number of a call in progress, unique within its integration.
  using Ticket = uint64_t;
  /// Receives the result of a pending call. Called once, in a later turn of the loop than `start`.
  using Done = std::function<void(CallId, IntegrationResult&&)>;

  virtual ~Integration() = default;

  /// Returns true when it reads the bodies of requests.
  [[nodiscard]] virtual bool needs_body() const noexcept = 0;
  /// Starts a call. It may move the body and its charge out of the call. Returns the result when it
  /// is known at once, or a ticket; then `Done` receives `call.id` and the result later.
  /// Lifetime: `call` may end before that.
  [[nodiscard]] virtual std::variant<IntegrationResult, Ticket> start(Call& call) = 0;
  /// Forgets a call whose deadline has passed. `Done` does not receive its result.
  virtual void forget(Ticket ticket) = 0;
  /// Cancels a call whose client has left. Returns true when the call ended: `Done` does not
  /// receive its result. Returns false when its work continues.
  virtual bool cancel(Ticket ticket) = 0;
};

/// Makes the MOCK integration: it answers from the state and never waits.
[[nodiscard]] std::unique_ptr<Integration> make_mock_integration();

/// Makes the HTTP_PROXY integration: it calls a URL and charges the response to the call's client.
/// `done` receives the results of pending calls. Lifetime: `loop`, `logs` and `bodies` outlive it.
[[nodiscard]] std::unique_ptr<Integration> make_http_proxy_integration(net::Loop& loop,
                                                                       CallLogs& logs,
                                                                       http::BodyBudget& bodies,
                                                                       Integration::Done done);

/// Makes the AWS_PROXY integration: it invokes a Lambda function. `done` receives the results of
/// pending calls.
/// Lifetime: `functions` and `logs` outlive it.
[[nodiscard]] std::unique_ptr<Integration> make_lambda_integration(
    lambda::FunctionService& functions, CallLogs& logs, Integration::Done done);

}  // namespace inlet53::gateway
