// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/loop.h"

namespace inlet53::lambda {

/// Log of one function: a file, `FUNCTION.log` in the log directory, or this process's stderr. Each
/// event is one line, in order of arrival:
///
///   2026-11-22T17:33:24.123Z TAB STREAM TAB TEXT
///
/// STREAM is the start of the log stream's id, the same for all events of one environment
/// (INIT_START has the full id). On stderr `FUNCTION/` precedes it. TEXT contains no line end.
///
/// Never waits for a disk: linelog writes, counts and reports. Threads: the loop's.
class FunctionLog {
 public:
  /// `folder`: empty: stderr.
  FunctionLog(linelog::LineLogs& logs, const std::string& folder, const std::string& function);
  FunctionLog(const FunctionLog&) = delete;
  FunctionLog& operator=(const FunctionLog&) = delete;

  void append(std::string_view stream, std::string_view text);

 private:
  void append_time();

  const std::shared_ptr<linelog::LineLog> lines_;
  const std::string prefix_;  // of a stream's name, on stderr
  std::string line_;          // reused
  UtcSecond second_;
};

/// Reports refused invocations of one function to the operator log: the first at once, then the
/// number of further ones every 10 s. Threads: the loop's.
class RefusalLog {
 public:
  static constexpr uint64_t kPauseMs = 10'000;

  RefusalLog(net::Loop& loop, std::string function, uint64_t pause_ms = kPauseMs);

  /// Adds an invocation that was refused because of `reason`.
  void add(std::string_view reason);

 private:
  void report_more();

  const std::string function_;
  const uint64_t pause_ms_;
  uint64_t more_ = 0;        // refusals since the last line
  std::string last_reason_;  // of them
  net::Timer pause_;         // runs after each line
};

/// Values of the REPORT line of an invocation.
struct InvocationReport {
  std::string_view request_id;
  uint64_t duration_us = 0;
  uint32_t memory_size_mb = 0;
  uint32_t max_memory_used_mb = 0;
  std::optional<uint64_t> init_duration_us{};  // of a cold start
  std::string_view status{};                   // `timeout`, `error`; empty: it succeeded
  std::string_view error_type{};               // Runtime.ExitError
};

/// Log stream of one environment: Lambda's lines about its invocations, and the output of the
/// process to stdout and stderr, one event for each line. A line over 64 KiB continues in the next
/// event. Output over 1 MiB per second is dropped, and a separate event reports its size. Source:
/// AWS Lambda Developer Guide, "Accessing Amazon CloudWatch logs for AWS Lambda".
class EnvironmentLog {
 public:
  static constexpr size_t kMaxLine = size_t{64} << 10;
  static constexpr uint64_t kMaxOutputPerSecond = uint64_t{1} << 20;

  explicit EnvironmentLog(std::shared_ptr<FunctionLog> log);

  /// Returns AWS_LAMBDA_LOG_STREAM_NAME: `2026/11/22/[$LATEST]` and 32 hexadecimal digits.
  [[nodiscard]] const std::string& stream_name() const noexcept { return stream_name_; }

  /// Logs INIT_START. `other_interpreter`: one with another version than the runtime; empty: the
  /// same.
  void init_start(std::string_view runtime, std::string_view other_interpreter);
  /// Logs INIT_REPORT, when an environment does not become ready. `status`: timeout or error.
  void init_report(uint64_t duration_us, std::string_view status, std::string_view error_type);
  void start(std::string_view request_id);
  /// Logs END and REPORT, after the output of the process so far.
  void end(const InvocationReport& report);
  void task_timed_out(std::string_view request_id, uint32_t seconds);
  /// Adds an event of the environment itself.
  void note(std::string_view text) { log_->append(label_, text); }

  /// Adds output of the process.
  void output(Bytes bytes, uint64_t now_ms);
  /// Ends an unfinished line, and logs how many bytes were left out.
  void end_output();

 private:
  void append_output(std::string_view text);
  void end_line();
  void log_left_out();

  std::shared_ptr<FunctionLog> log_;
  std::string stream_name_;
  std::string label_;  // first digits of the id
  std::string line_;   // incomplete
  uint64_t second_began_ms_ = 0;
  uint64_t taken_ = 0;     // bytes in this second
  uint64_t left_out_ = 0;  // bytes not yet reported
};

}  // namespace inlet53::lambda
