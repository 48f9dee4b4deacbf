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

/// Parses a payload: an object with only `statusCode`, `headers`, `multiValueHeaders`, `body` and
/// `isBase64Encoded`, each of which may be missing or null.
///
/// statusCode: a whole number from 200 to 599, or a string with one; 200 when missing. Header
/// values: strings, numbers and booleans, at most 1000 of them and 64 KiB with their names. A name
/// in both maps has the values of multiValueHeaders, with that spelling, then the value of headers
/// unless it is among them. Content-Type is application/json when missing. Connection,
/// Content-Length, Date, Server and WWW-Authenticate become `x-amzn-Remapped-…`; Transfer-Encoding
/// is removed. A base64 body is decoded when the first type of `accept` (the request's Accept;
/// empty when missing) is binary; otherwise it is sent unchanged.
[[nodiscard]] Result<http::Response, LambdaResponseFault> read_lambda_response(
    std::string_view payload, const std::vector<std::string>& binary_media_types,
    std::string_view accept);

}  // namespace inlet53::gateway
