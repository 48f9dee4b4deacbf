#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "call.h"

#include "inlet53/base/result.h"
#include "inlet53/gateway/gateway_responses.h"
#include "inlet53/http/message.h"
#include "inlet53/topology/gateway_response_type.h"

namespace inlet53::gateway {

//--- Messages of API Gateway that several integrations use
inline constexpr std::string_view kInternalServerError = "Internal server error";
inline constexpr std::string_view kEndpointTimedOut = "Endpoint request timed out";
inline constexpr std::string_view kServiceUnavailable = "Service Unavailable";

/// Why an integration gave no response.
struct IntegrationFailure {
  std::variant<topology::GatewayResponseType, FixedResponse> response =
      topology::GatewayResponseType::Default5xx;
  std::string_view message;  // for the client; a constant
  std::string reason;        // for the execution log and `$context.integration.error`
};

/// How an integration ended.
struct IntegrationResult {
  Result<http::Response, IntegrationFailure> response;
  std::optional<uint16_t> status{};  // what the backend or Lambda answered; none: no answer
  std::string request_id{};          // of the Lambda invocation
};

/// One type of integration: what answers authorized calls. Threads: the loop's.
class Integration {
 public:
  /// A call that is under way. Unique within its integration.
  using Ticket = uint64_t;
  /// Gets the result of a call that was pending. Called once, in a later turn than `start`.
  using Done = std::function<void(CallId, IntegrationResult&&)>;

  virtual ~Integration() = default;

  /// Whether it reads the bodies of requests.
  [[nodiscard]] virtual bool needs_body() const noexcept = 0;
  /// Starts a call, and may move the body out of it, and its charge. Returns the result if it is
  /// known at once; otherwise a ticket, and the integration's `Done` gets `call.id` and the result.
  /// Lifetime: `call` may end before that.
  [[nodiscard]] virtual std::variant<IntegrationResult, Ticket> start(Call& call) = 0;
  /// The call's time is up. `Done` does not get it any more.
  virtual void forget(Ticket ticket) = 0;
  /// The client has left. Ends the call if it can be ended, and returns true: `Done` does not get
  /// it any more. Returns false if its work goes on.
  virtual bool cancel(Ticket ticket) = 0;
};

}  // namespace inlet53::gateway
