// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace inlet53::topology {

/// What API Gateway answers itself. `Default4xx` and `Default5xx` are no answers of their own: they
/// stand for every type of their class that an API does not configure.
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

/// `ACCESS_DENIED`, `DEFAULT_4XX`.
[[nodiscard]] std::string_view to_text(GatewayResponseType type) noexcept;

/// Letter case counts.
[[nodiscard]] std::optional<GatewayResponseType> parse_gateway_response_type(
    std::string_view text) noexcept;

/// Every type's text, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& gateway_response_types();

}  // namespace inlet53::topology
