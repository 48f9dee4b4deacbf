#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/gateway/call_context.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/line_file.h"
#include "inlet53/net/loop.h"

namespace inlet53::gateway {

/// The files of access and execution logs, each open once however many stages name it. What is
/// written can be read within a second. Threads: the loop's.
class CallLogs {
 public:
  explicit CallLogs(net::Loop& loop);
  ~CallLogs();
  CallLogs(const CallLogs&) = delete;
  CallLogs& operator=(const CallLogs&) = delete;

  /// Opens the files that `state` names and closes those that it does not. Errors: why one can't be
  /// had, for people; nothing has changed then.
  [[nodiscard]] Result<void, std::string> open(const GatewayState& state);
  /// Opens every path again, for whoever renamed files.
  void reopen();

  /// A line in the access log of the stage, if it has one.
  void write_access(const StageState& stage, const CallContext& context);

  /// A step of a call in the execution log of the stage, if it has one: the time, the request's id,
  /// the text, cut at 1,024 octets as CloudWatch does it with API Gateway's events.
  /// Source: API Gateway Developer Guide, "Amazon API Gateway important notes".
  void write_step(const StageState& stage, const CallContext& context, int64_t wall_seconds,
                  std::string_view text);
  [[nodiscard]] static bool has_steps(const StageState& stage) noexcept {
    return !stage.stage->execution_log.empty();
  }

  [[nodiscard]] uint64_t lost() const noexcept;

 private:
  LineFile* find(const std::string& path) noexcept;
  void write(LineFile& file, std::string_view line);

  std::map<std::string, std::unique_ptr<LineFile>, std::less<>> files_;
  net::Timer flush_timer_;
  std::string line_;  // reused
};

}  // namespace inlet53::gateway
