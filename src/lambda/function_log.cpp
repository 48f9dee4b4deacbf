// SPDX-License-Identifier: Apache-2.0
#include "function_log.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/random.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

std::shared_ptr<linelog::LineLog> open_lines(linelog::LineLogs& logs, const std::string& folder,
                                             const std::string& function) {
  if (folder.empty()) return logs.adopt(STDERR_FILENO, "stderr");
  return logs.open_later(concat(folder, "/", function, ".log"));
}

constexpr size_t kLabelDigits = 8;
constexpr uint64_t kSecondMs = 1000;

std::string make_stream_name() {
  UtcSecond today;
  today.set(wall_milliseconds() / 1000);
  std::string date(today.text().substr(0, 10));
  std::replace(date.begin(), date.end(), '-', '/');
  return concat(date, "/[$LATEST]", random_hex(32));
}

void append_milliseconds(std::string& out, uint64_t microseconds) {
  text_detail::append_one(out, microseconds / 1000);
  out += '.';
  const uint64_t hundredths = microseconds % 1000 / 10;
  out += static_cast<char>('0' + hundredths / 10);
  out += static_cast<char>('0' + hundredths % 10);
  out += " ms";
}

void append_status(std::string& out, std::string_view status, std::string_view error_type) {
  if (!status.empty()) out += concat("\tStatus: ", status);
  if (!error_type.empty()) out += concat("\tError Type: ", error_type);
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

EnvironmentLog::EnvironmentLog(std::shared_ptr<FunctionLog> log)
    : log_(std::move(log)),
      stream_name_(make_stream_name()),
      label_(stream_name_.substr(stream_name_.find(']') + 1, kLabelDigits)) {}

//--- Lines of Lambda

void EnvironmentLog::init_start(std::string_view runtime, std::string_view other_interpreter) {
  std::string text = concat("INIT_START Runtime: ", runtime);
  if (!other_interpreter.empty()) text += concat(" (runs on ", other_interpreter, ')');
  note(concat(text, "\tLog Stream: ", stream_name_));
}

void EnvironmentLog::init_report(uint64_t duration_us, std::string_view status,
                                 std::string_view error_type) {
  end_output();
  std::string text = "INIT_REPORT Init Duration: ";
  append_milliseconds(text, duration_us);
  text += "\tPhase: init";
  append_status(text, status, error_type);
  note(text);
}

void EnvironmentLog::start(std::string_view request_id) {
  note(concat("START RequestId: ", request_id, " Version: $LATEST"));
}

void EnvironmentLog::end(const InvocationReport& report) {
  end_output();
  note(concat("END RequestId: ", report.request_id));
  std::string text = concat("REPORT RequestId: ", report.request_id, "\tDuration: ");
  append_milliseconds(text, report.duration_us);
  text += concat("\tBilled Duration: ", (report.duration_us + 999) / 1000,
                 " ms\tMemory Size: ", report.memory_size_mb,
                 " MB\tMax Memory Used: ", report.max_memory_used_mb, " MB");
  if (report.init_duration_us) {
    text += "\tInit Duration: ";
    append_milliseconds(text, *report.init_duration_us);
  }
  append_status(text, report.status, report.error_type);
  note(text);
}

void EnvironmentLog::task_timed_out(std::string_view request_id, uint32_t seconds) {
  end_output();
  note(concat(request_id, " Task timed out after ", seconds, ".00 seconds"));
}

//--- Output of the process

void EnvironmentLog::output(Bytes bytes, uint64_t now_ms) {
  if (now_ms - second_began_ms_ >= kSecondMs) {
    log_left_out();
    second_began_ms_ = now_ms;
    taken_ = 0;
  }
  const auto room = static_cast<size_t>(kMaxOutputPerSecond - taken_);
  const size_t size = std::min(room, bytes.size());
  taken_ += size;
  left_out_ += bytes.size() - size;
  append_output(as_text(bytes.first(size)));
}

void EnvironmentLog::append_output(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t room = kMaxLine - line_.size();
    const size_t size = std::min({end, room, text.size()});
    line_ += text.substr(0, size);
    const bool ends = size == end;
    text.remove_prefix(ends ? size + 1 : size);
    if (ends || line_.size() == kMaxLine) end_line();
  }
}

void EnvironmentLog::end_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  note(line_);
  line_.clear();
}

void EnvironmentLog::end_output() {
  if (!line_.empty()) end_line();
  log_left_out();
}

void EnvironmentLog::log_left_out() {
  if (left_out_ == 0) return;
  if (!line_.empty()) end_line();
  note(concat("[inlet53] ", left_out_, " bytes of output were left out: over ", kMaxOutputPerSecond,
              " in a second"));
  left_out_ = 0;
}

}  // namespace inlet53::lambda
