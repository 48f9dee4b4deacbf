// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/gateway/call_context.h"
#include "inlet53/gateway/text_template.h"
#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"
#include "inlet53/topology/api_values.h"
#include "inlet53/topology/topology.h"

/// Responses of the gateway itself.
/// Source: API Gateway Developer Guide, "Gateway response types for API Gateway"; captures of REST
/// APIs for the form of each body.
namespace inlet53::gateway {

/// Gateway responses of one API. Threads: const methods any.
class GatewayResponses {
 public:
  /// `configured`: the gateway responses that the API defines. Other types use DEFAULT_4XX or
  /// DEFAULT_5XX where the API defines it, and AWS's default otherwise. REQUEST_TOO_LARGE is always
  /// AWS's.
  explicit GatewayResponses(const std::vector<topology::GatewayResponse>& configured);

  /// Composes the response. Requires: the context has the error's message. `stage_variables`: for
  /// templates.
  [[nodiscard]] http::Response compose(
      topology::GatewayResponseType type, const CallContext& context,
      const std::vector<topology::NamedText>& stage_variables) const;

 private:
  struct Own {
    std::optional<uint16_t> status;
    http::Fields fields;
    std::optional<TextTemplate> body;
  };

  [[nodiscard]] const Own* find_own(topology::GatewayResponseType type) const noexcept;

  std::array<std::optional<Own>, topology::kGatewayResponseTypes> own_;
};

/// Responses that an API cannot change.
enum class FixedResponse : uint8_t {
  Forbidden,            // 403: no such API or stage, or a public API
  UriTooLong,           // 414: the ARN of the call
  IncompleteSignature,  // 403: no such method, and Authorization contains no signature
  ClientClosedRequest,  // 499: for logs; the client has left
  ServiceUnavailable,   // 503: a body does not fit in the budget
};

/// Composes the response. `message`: for IncompleteSignature; the others have fixed messages.
[[nodiscard]] http::Response compose_fixed(FixedResponse response, std::string_view message);

/// Composes the response to an invalid request.
[[nodiscard]] http::Response compose_refusal(http::Refusal refusal);

/// Header fields of every API Gateway response. Threads: one at a time.
class CommonFields {
 public:
  static constexpr size_t kCount = 5;

  /// Adds Date, Content-Type (application/json, when there is none), x-amzn-RequestId,
  /// x-amz-apigw-id and, when an integration answered, X-Amzn-Trace-Id.
  /// Source: captures of private REST APIs.
  void add(http::Response& response, const CallContext& context);

 private:
  int64_t date_second_ = -1;
  std::string date_;  // of that second
};

/// Uses the request id of a client's `x-amzn-RequestId` field: a UUID, or a marker for an invalid
/// value. Source: API Gateway Developer Guide, "Variables for access logging for API Gateway".
void use_client_request_id(const http::Fields& fields, RequestIds& ids);

/// Uses the trace id of a client's `X-Amzn-Trace-Id` field, unless it is empty.
/// Source: AWS X-Ray Developer Guide, "Tracing header".
void use_client_trace_id(const http::Fields& fields, RequestIds& ids);

}  // namespace inlet53::gateway
