#pragma once

#include <string_view>

/// Headers of a client that no integration may believe, or see.
namespace inlet53::gateway {

/// Whether a client that sends this header would speak for the gateway: `x-amzn-vpc…`, the TLS that
/// it was called with, the API's id. `folded`: the name in lower case.
[[nodiscard]] bool is_gateways_own(std::string_view folded) noexcept;

/// Whether an Authorization is a signature of AWS's, which is for the gateway and nobody behind it.
[[nodiscard]] bool is_aws_signature(std::string_view authorization) noexcept;

}  // namespace inlet53::gateway
