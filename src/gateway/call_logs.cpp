#include "inlet53/gateway/call_logs.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/json_string.h"

namespace inlet53::gateway {

namespace {

// Source: API Gateway Developer Guide, "Quotas": log events are cut.
constexpr size_t kMaxStep = 1024;

}  // namespace

void CallLogs::write_access(const StageState& stage, const CallContext& context) {
  if (stage.access_lines == nullptr) return;
  line_.clear();
  stage.access_log.append_line(line_, context);
  stage.access_lines->append(line_);
}

void CallLogs::write_step(const StageState& stage, const CallContext& context, int64_t wall_seconds,
                          std::string_view text) {
  if (stage.execution_lines == nullptr) return;
  UtcSecond time;
  time.set(wall_seconds);
  line_ = time.text();
  line_ += " (";
  line_ += context.ids.request_id;
  line_ += ") ";
  append_json_escaped(line_, text.substr(0, kMaxStep));
  stage.execution_lines->append(line_);
}

}  // namespace inlet53::gateway
