// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/gateway/call_context.h"
#include "inlet53/gateway/router.h"
#include "inlet53/http/client.h"
#include "inlet53/http/message.h"
#include "inlet53/topology/topology.h"

/// HTTP proxy integration: makes requests to its URL and transforms the responses.
/// Source: API Gateway Developer Guide, "Set up HTTP integrations", "Amazon API Gateway important
/// notes" (headers that are dropped or renamed).
namespace inlet53::gateway {

/// Values of the variables in an integration's URL.
struct UriValues {
  const std::vector<PathParameter>& path_parameters;
  const std::vector<topology::NamedText>& stage_variables;
  std::string_view query;  // as received, without `?`; empty: none
};

/// Replaces `{name}` and `${stageVariables.name}` (by nothing when there is no value) and appends
/// the query. Errors: the reason why the result is not a URL.
[[nodiscard]] Result<http::Url, std::string> integration_url(std::string_view uri,
                                                             const UriValues& values);

/// Makes the request for the integration: the client's request without connection fields, plus the
/// API's own headers. Moves the body out of `request`.
[[nodiscard]] http::Request integration_request(http::Request&& request,
                                                const topology::Integration& integration,
                                                const CallContext& context);

/// Makes the client's response: renames headers that the gateway sets itself.
[[nodiscard]] http::Response integration_response(http::Response&& response);

}  // namespace inlet53::gateway
