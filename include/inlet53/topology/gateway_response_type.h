// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace inlet53::topology {

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

}  // namespace inlet53::topology
