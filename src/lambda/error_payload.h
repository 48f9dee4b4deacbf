// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/net/child_process.h"

namespace inlet53::lambda {

/// Error in Lambda's own wording, for a function that reports no error itself.
/// Source: responses of Invoke with X-Amz-Function-Error, as recorded from AWS.
struct FunctionError {
  std::string type;     // Runtime.ExitError
  std::string message;  // without the request's id

  friend bool operator==(const FunctionError&, const FunctionError&) = default;
};

[[nodiscard]] FunctionError timed_out(uint32_t seconds);
[[nodiscard]] FunctionError exited(net::ChildExit how);
[[nodiscard]] FunctionError response_too_large();

/// Returns `{"errorType":"…","errorMessage":"RequestId: … Error: …"}`; without the id for types
/// `Function.…`, as Lambda does.
[[nodiscard]] std::string error_payload(const FunctionError& error, std::string_view request_id);

/// Returns the errorMessage of an error's payload, for a log; without one, the start of the
/// payload.
[[nodiscard]] std::string error_message(std::string_view payload);
/// Returns the errorType of an error's payload; `Unhandled` when it has none.
[[nodiscard]] std::string error_type(std::string_view payload);

}  // namespace inlet53::lambda
