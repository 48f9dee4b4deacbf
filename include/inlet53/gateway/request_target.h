// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inlet53/http/message.h"

/// Finds the REST API of a call, and splits its target into the parts of that API.
/// Source: API Gateway Developer Guide, "Invoke a private API".
namespace inlet53::gateway {

/// Returns the host of an authority, without port and final dot, in lower case. An IPv6 address
/// keeps its brackets.
[[nodiscard]] std::string host_of(std::string_view authority);

/// Returns the first label of a host.
[[nodiscard]] std::string_view first_label(std::string_view host) noexcept;

/// Finds the API's id in a call through `vpc_endpoint` in `region`:
///  - the header `x-apigw-api-id`, whatever the Host is;
///  - `{api}.execute-api.REGION.amazonaws.com`;
///  - `{api}-{vpce}.execute-api.REGION.amazonaws.com`, if {vpce} is this endpoint.
/// `host`: from `host_of`. Absent when none of them contains an id: an endpoint's own name without
/// the header, an IP address, a name of another service. The API may not exist.
[[nodiscard]] std::optional<std::string> referred_api(std::string_view host,
                                                      const http::Fields& fields,
                                                      std::string_view region,
                                                      std::string_view vpc_endpoint);

/// Parts of `/DemoStage/pets/7?limit=10`. They are not decoded. Lifetime: the target's.
struct RequestPath {
  std::string_view stage;         // empty: the target has none
  std::string_view path;          // within the stage, at least `/`: matched with resources
  std::string_view context_path;  // with the stage: `$context.path`
  std::string_view query;         // after the `?`
};

/// Splits a target, in origin form.
///
/// Slashes before the stage count as one. Slashes after it count as one in `path`; `context_path`
/// keeps them: of `//S//x`, `path` is `/x` and `context_path` is `/S//x`. Further slashes, and one
/// at the end, stay. A target in another form (`*`) has no stage. Source: responses of REST APIs,
/// as recorded for other emulators.
[[nodiscard]] RequestPath split_target(std::string_view target) noexcept;

}  // namespace inlet53::gateway
