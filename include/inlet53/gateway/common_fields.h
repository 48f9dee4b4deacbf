// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "inlet53/gateway/call_context.h"
#include "inlet53/http/message.h"

namespace inlet53::gateway {

/// The header fields that every response of API Gateway has. Threads: one at a time.
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

/// Takes the request id that a client gives itself in `x-amzn-RequestId`: a UUID, or a mark that it
/// was none. Source: API Gateway Developer Guide, "Variables for access logging for API Gateway".
void use_client_request_id(const http::Fields& fields, RequestIds& ids);

/// Takes the trace id that a client sends in `X-Amzn-Trace-Id`; an empty one does not count.
/// Source: AWS X-Ray Developer Guide, "Tracing header".
void use_client_trace_id(const http::Fields& fields, RequestIds& ids);

}  // namespace inlet53::gateway
