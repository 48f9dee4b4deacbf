#pragma once

#include <memory>

#include "integration.h"

#include "inlet53/gateway/call_logs.h"
#include "inlet53/lambda/function_service.h"

namespace inlet53::gateway {

/// AWS_PROXY: invokes a Lambda function. `done` gets the results of pending calls.
/// Lifetime: `functions` and `logs` outlive it.
[[nodiscard]] std::unique_ptr<Integration> make_lambda_integration(
    lambda::FunctionService& functions, CallLogs& logs, Integration::Done done);

}  // namespace inlet53::gateway
