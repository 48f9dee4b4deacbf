// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "integrations.h"

#include "inlet53/gateway/gateway_responses.h"
#include "inlet53/gateway/throttle.h"
#include "inlet53/policy/policy_decision.h"
#include "inlet53/topology/api_values.h"

namespace inlet53::gateway {

/// Why a call is refused, and the response to it.
struct Refused {
  std::variant<topology::GatewayResponseType, FixedResponse> response;
  std::string message;
};

/// When a call arrived.
struct CallTime {
  int64_t wall_ms = 0;
  uint64_t monotonic_ms = 0;
};

/// Decides whether a call may go to its integration. Reads the request's head only, not its body.
///
/// Checks in this order: API, endpoint type, the VPC endpoint's policy, stage, method, resource
/// policy, throttle. Fills in the call's API, stage, route and context as far as it gets.
/// Requires: `call` has its state, request, source and endpoint.
/// Returns nothing when the call may go on. Source: API Gateway Developer Guide, "How API Gateway
/// resource policies affect authorization workflow".
[[nodiscard]] std::optional<Refused> authorize(Call& call, const CallTime& time, Throttle& throttle,
                                               policy::RefusalWording wording);

}  // namespace inlet53::gateway
