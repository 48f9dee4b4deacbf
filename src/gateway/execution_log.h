#pragma once

#include <cstdint>
#include <string_view>

#include "call.h"

#include "inlet53/gateway/call_logs.h"

/// The steps of a call, in the words of API Gateway's execution log.
/// Source: captures of execution logs (`API-Gateway-Execution-Logs_{api}/{stage}`).
/// Each costs nothing but a look when the stage has no such log.
namespace inlet53::gateway {

/// The call is admitted. Requires: its stage and route are found.
void log_call_start(CallLogs& logs, const Call& call);
/// The integration is called, at `endpoint`.
void log_endpoint_request(CallLogs& logs, const Call& call, std::string_view endpoint);
void log_integration_response(CallLogs& logs, const Call& call);
/// Requires: the context has the integration's error.
void log_integration_failure(CallLogs& logs, const Call& call);
/// The budget has no room for the response of the integration: `bytes` of its body.
void log_response_without_room(CallLogs& logs, const Call& call, uint64_t bytes);
/// The response is known. Requires: the stage is found, the context has the status.
void log_call_end(CallLogs& logs, const Call& call);

}  // namespace inlet53::gateway
