// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/http/message.h"

/// Events and responses of Lambda functions in a proxy integration.
/// Source: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration"
/// and "Output format of a Lambda function for proxy integration"; events and responses recorded
/// from private APIs.
namespace inlet53::gateway {

struct Call;

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

/// Returns true when the media type of a Content-Type or Accept is one of `types`, the
/// binaryMediaTypes of a REST API: then the body is bytes, not text. Uses the first type of a list;
/// ignores parameters and letter case. `*/*` matches everything, also a missing field (an empty
/// value). Other wildcards have no special meaning.
/// Source: API Gateway Developer Guide, "Working with binary media types for REST APIs".
[[nodiscard]] bool is_binary_media_type(const std::vector<std::string>& types,
                                        std::string_view field_value) noexcept;

/// Composes the event of a call as JSON. Requires: the call is authorized and has its body.
///
/// Keys and headers have the order of events of private APIs; headers are sorted by name. Names
/// keep their letter case, except Authorization, Host, User-Agent and X-Forwarded-*. Headers of one
/// connection and signatures of AWS are left out. Headers about TLS and the VPC endpoint are the
/// gateway's own; a client's headers of these names are ignored. X-Forwarded-For ends with the
/// client's address. `headers` has the last of several values. Query parameters are decoded (`%2B`
/// is `+`, `+` is a space), `;` separates like `&`, and an invalid percent-encoding stays as it is.
/// Bytes that are not UTF-8 become U+FFFD. An empty trace id leaves the client's own in place.
/// Cost: one pass, one allocation for each header and parameter.
[[nodiscard]] std::string compose_lambda_event(const Call& call);

}  // namespace inlet53::gateway
