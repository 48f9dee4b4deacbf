// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/http/message.h"

/// Responses of Lambda functions in a proxy integration.
/// Source: API Gateway Developer Guide, "Output format of a Lambda function for proxy integration";
/// responses recorded from AWS.
namespace inlet53::gateway {

enum class LambdaResponseFaultKind : uint8_t {
  Malformed,      // it does not have the required form: 502
  InvalidBase64,  // isBase64Encoded is true, and the body is not base64: 500
};

struct LambdaResponseFault {
  LambdaResponseFaultKind kind = LambdaResponseFaultKind::Malformed;
  std::string reason;  // for the execution log
};

/// Reads a payload: an object of `statusCode`, `headers`, `multiValueHeaders`, `body` and
/// `isBase64Encoded`, each of which may be missing or null, and of nothing else.
///
/// statusCode: a whole number of 200 to 599, or a string of one; 200 when missing. Header values:
/// strings, numbers and booleans, 1000 of them and 64 KiB with their names at most. A name of both
/// maps has the values of multiValueHeaders, spelt as there, then the other one unless it is among
/// them. Content-Type is application/json when missing. Connection, Content-Length, Date, Server
/// and WWW-Authenticate go as `x-amzn-Remapped-…`, Transfer-Encoding is left out. A body in base64
/// is decoded when the type that `accept` (the request's Accept, empty when missing) asks for is
/// binary; else it goes as it is.
[[nodiscard]] Result<http::Response, LambdaResponseFault> read_lambda_response(
    std::string_view payload, const std::vector<std::string>& binary_media_types,
    std::string_view accept);

}  // namespace inlet53::gateway
