// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "inlet53/gateway/call_context.h"
#include "inlet53/http/message.h"

namespace inlet53::gateway {

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
