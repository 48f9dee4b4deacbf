// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"

/// Values of REST APIs with a syntax of their own: resource paths, response types, mock templates.
namespace inlet53::topology {

enum class SegmentKind : uint8_t {
  Static,    // `hello`
  Variable,  // `{petId}`: one segment of the request's path, with any content
  Greedy,    // `{proxy+}`: all remaining segments, at least one; last in its path
};

/// Segment of a resource path, between two slashes.
struct PathSegment {
  SegmentKind kind = SegmentKind::Static;
  std::string text;  // for a variable: its name without braces and `+`

  friend bool operator==(const PathSegment&, const PathSegment&) = default;
};

/// Parses `/`, `/hello`, `/pets/{petId}`, `/{proxy+}`. The root has no segments. Static text
/// consists of letters, digits and `_ - . , : ~ $`; a variable's name consists of letters, digits
/// and `_ - .` and occurs once in a path. Errors: a text for the operator.
[[nodiscard]] Result<std::vector<PathSegment>, std::string> parse_resource_path(
    std::string_view path);

/// Returns the segment as it is written, `{petId}`.
[[nodiscard]] std::string to_text(const PathSegment& segment);

/// Returns the methods that a resource can have: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, and
/// ANY, which stands for those of the seven that the resource does not define.
[[nodiscard]] const std::vector<std::string_view>& resource_methods();

/// Method of a resource that stands for all methods.
inline constexpr std::string_view kAnyMethod = "ANY";

/// Type of a response that API Gateway generates itself. `Default4xx` and `Default5xx` configure
/// every type of their class that an API does not configure.
/// Source: API Gateway Developer Guide, "Gateway response types for API Gateway".
enum class GatewayResponseType : uint8_t {
  AccessDenied,
  ApiConfigurationError,
  AuthorizerConfigurationError,
  AuthorizerFailure,
  BadRequestBody,
  BadRequestParameters,
  Default4xx,
  Default5xx,
  ExpiredToken,
  IntegrationFailure,
  IntegrationTimeout,
  InvalidApiKey,
  InvalidSignature,
  MissingAuthenticationToken,
  QuotaExceeded,
  RequestTooLarge,
  ResourceNotFound,
  Throttled,
  Unauthorized,
  UnsupportedMediaType,
  WafFiltered,
};

inline constexpr size_t kGatewayResponseTypes = 21;

/// Returns the type as AWS spells it: `ACCESS_DENIED`, `DEFAULT_4XX`.
[[nodiscard]] std::string_view to_text(GatewayResponseType type) noexcept;

/// Parses the same texts; case-sensitive. Absent: unknown type.
[[nodiscard]] std::optional<GatewayResponseType> parse_gateway_response_type(
    std::string_view text) noexcept;

/// Returns the texts of all types in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& gateway_response_types();

/// Returns the status code that the request template of a mock integration selects: its
/// `statusCode`. `text` is one JSON object; as at AWS, keys may be unquoted and strings may have
/// single quotes. If `statusCode` occurs twice, the last one counts. Variables are not replaced.
/// Errors: a text for the operator: no JSON object, no `statusCode`, or no integer from 200 to 599.
/// Cost: linear; objects and lists nest at most 32 deep.
/// Source: API Gateway Developer Guide, "Set up mock integrations in API Gateway".
[[nodiscard]] Result<uint16_t, std::string> mock_status_code(std::string_view text);

}  // namespace inlet53::topology
