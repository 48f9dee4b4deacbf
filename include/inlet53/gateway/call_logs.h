#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/gateway/call_context.h"
#include "inlet53/gateway/gateway_state.h"

namespace inlet53::gateway {

/// Composes the lines of access and execution logs and hands them to the logs of the call's stage.
/// Never waits for a disk. Threads: the loop's.
class CallLogs {
 public:
  /// A line in the access log of the stage, if it has one.
  void write_access(const StageState& stage, const CallContext& context);

  /// A step of a call in the execution log of the stage, if it has one: the time, the request's id,
  /// the text, cut at 1,024 bytes as CloudWatch does it with API Gateway's events.
  /// Source: API Gateway Developer Guide, "Amazon API Gateway important notes".
  void write_step(const StageState& stage, const CallContext& context, int64_t wall_seconds,
                  std::string_view text);
  [[nodiscard]] static bool has_steps(const StageState& stage) noexcept {
    return stage.execution_lines != nullptr;
  }

 private:
  std::string line_;  // reused
};

}  // namespace inlet53::gateway
