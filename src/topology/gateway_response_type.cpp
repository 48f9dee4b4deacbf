// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/gateway_response_type.h"

#include <algorithm>

namespace inlet53::topology {

const std::vector<std::string_view>& gateway_response_types() {
  static const std::vector<std::string_view> kTypes{
      "ACCESS_DENIED",
      "API_CONFIGURATION_ERROR",
      "AUTHORIZER_CONFIGURATION_ERROR",
      "AUTHORIZER_FAILURE",
      "BAD_REQUEST_BODY",
      "BAD_REQUEST_PARAMETERS",
      "DEFAULT_4XX",
      "DEFAULT_5XX",
      "EXPIRED_TOKEN",
      "INTEGRATION_FAILURE",
      "INTEGRATION_TIMEOUT",
      "INVALID_API_KEY",
      "INVALID_SIGNATURE",
      "MISSING_AUTHENTICATION_TOKEN",
      "QUOTA_EXCEEDED",
      "REQUEST_TOO_LARGE",
      "RESOURCE_NOT_FOUND",
      "THROTTLED",
      "UNAUTHORIZED",
      "UNSUPPORTED_MEDIA_TYPE",
      "WAF_FILTERED",
  };
  return kTypes;
}

std::string_view to_text(GatewayResponseType type) noexcept {
  return gateway_response_types()[static_cast<size_t>(type)];
}

std::optional<GatewayResponseType> parse_gateway_response_type(std::string_view text) noexcept {
  const auto& types = gateway_response_types();
  const auto found = std::find(types.begin(), types.end(), text);
  if (found == types.end()) return std::nullopt;
  return static_cast<GatewayResponseType>(found - types.begin());
}

}  // namespace inlet53::topology
