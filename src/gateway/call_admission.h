#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "call.h"

#include "inlet53/gateway/gateway_responses.h"
#include "inlet53/gateway/throttle.h"
#include "inlet53/policy/policy_decision.h"
#include "inlet53/topology/gateway_response_type.h"

namespace inlet53::gateway {

/// Why a call goes no further, and what it gets.
struct Refused {
  std::variant<topology::GatewayResponseType, FixedResponse> response;
  std::string message;
};

/// When a call came.
struct CallTime {
  int64_t wall_ms = 0;
  uint64_t monotonic_ms = 0;
};

/// Decides whether a call may go to its integration, and finds out what it is for on the way.
///
/// In this order: the API, its endpoint type, the VPC endpoint's policy, the stage, the method, the
/// resource policy, the throttle. Fills in the call's context as far as it gets.
/// Requires: `call` has its state, request, source and endpoint's id in the context.
/// Returns nothing when the call may go on. Source: API Gateway Developer Guide, "How API Gateway
/// resource policies affect authorization workflow".
[[nodiscard]] std::optional<Refused> admit(Call& call, const CallTime& time, Throttle& throttle,
                                           policy::RefusalWording wording);

}  // namespace inlet53::gateway
