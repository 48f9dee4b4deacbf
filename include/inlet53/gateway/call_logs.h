// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/gateway/call_context.h"
#include "inlet53/gateway/gateway_state.h"

namespace inlet53::gateway {

struct Call;

/// Composes lines of access and execution logs and adds them to the logs of the call's stage. Never
/// waits for a disk. Threads: the loop's.
class CallLogs {
 public:
  /// Writes one line to the access log of the stage, if it has one.
  void write_access(const StageState& stage, const CallContext& context);

  /// Writes one step of a call to the execution log of the stage, if it has one: the time, the
  /// request id and the text. Cuts it at 1,024 bytes as CloudWatch cuts API Gateway's events.
  /// Source: API Gateway Developer Guide, "Amazon API Gateway important notes".
  void write_step(const StageState& stage, const CallContext& context, int64_t wall_seconds,
                  std::string_view text);
  [[nodiscard]] static bool has_steps(const StageState& stage) noexcept {
    return stage.execution_lines != nullptr;
  }

 private:
  std::string line_;  // reused
};

//--- Steps of a call in the words of API Gateway's execution log. They do nothing when the stage
// has
//--- no such log. Source: captures of execution logs (`API-Gateway-Execution-Logs_{api}/{stage}`).

/// Logs an authorized call. Requires: its stage and route are found.
void log_call_start(CallLogs& logs, const Call& call);
/// Logs a request of the integration to `endpoint`.
void log_endpoint_request(CallLogs& logs, const Call& call, std::string_view endpoint);
/// Logs that the integration responded.
void log_integration_response(CallLogs& logs, const Call& call);
/// Logs why the integration failed. Requires: the context has the integration's error.
void log_integration_failure(CallLogs& logs, const Call& call);
/// Logs that the budget has no memory for the integration's response, whose body has `bytes`.
void log_response_without_room(CallLogs& logs, const Call& call, uint64_t bytes);
/// Logs the response. Requires: the stage is found, and the context has the status.
void log_call_end(CallLogs& logs, const Call& call);

}  // namespace inlet53::gateway
