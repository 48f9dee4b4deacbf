// SPDX-License-Identifier: Apache-2.0
#include "function_log.h"

#include <utility>

#include <unistd.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

std::shared_ptr<linelog::LineLog> open_lines(linelog::LineLogs& logs, const std::string& folder,
                                             const std::string& function) {
  if (folder.empty()) return logs.adopt(STDERR_FILENO, "stderr");
  return logs.open_later(concat(folder, "/", function, ".log"));
}

}  // namespace

FunctionLog::FunctionLog(linelog::LineLogs& logs, const std::string& folder,
                         const std::string& function)
    : lines_(open_lines(logs, folder, function)),
      prefix_(folder.empty() ? concat(function, "/") : "") {}

void FunctionLog::append(std::string_view stream, std::string_view text) {
  line_.clear();
  append_time();
  line_ += prefix_;
  line_ += stream;
  line_ += '\t';
  line_ += text;
  lines_->append(line_);
}

void FunctionLog::append_time() {
  const int64_t now = wall_milliseconds();
  second_.set(now / 1000);
  const auto milliseconds = static_cast<int>(now % 1000);
  line_ += second_.text().substr(0, UtcSecond::kSize - 1);
  line_ += '.';
  for (const int place : {100, 10, 1}) {
    line_ += static_cast<char>('0' + milliseconds / place % 10);
  }
  line_ += "Z\t";
}

RefusalLog::RefusalLog(net::Loop& loop, std::string function, uint64_t pause_ms)
    : function_(std::move(function)),
      pause_ms_(pause_ms),
      pause_(loop, [this] { report_more(); }) {}

void RefusalLog::add(std::string_view reason) {
  if (pause_.active()) {
    ++more_;
    last_reason_ = reason;
    return;
  }
  log_warning(concat("function ", function_, ": an invocation is refused: ", reason));
  pause_.start(pause_ms_);
}

void RefusalLog::report_more() {
  if (more_ == 0) return;
  log_warning(concat("function ", function_, ": ", std::exchange(more_, 0),
                     " more invocations were refused, the last one: ", last_reason_));
  pause_.start(pause_ms_);
}

}  // namespace inlet53::lambda
