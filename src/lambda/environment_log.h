// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "function_log.h"

#include "inlet53/base/bytes.h"

namespace inlet53::lambda {

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
  void output(Bytes octets, uint64_t now_ms);
  /// Ends an unfinished line, and logs how many bytes were left out.
  void end_output();

 private:
  void append_output(std::string_view text);
  void end_line();
  void say_left_out();

  std::shared_ptr<FunctionLog> log_;
  std::string stream_name_;
  std::string label_;  // first digits of the id
  std::string line_;   // incomplete
  uint64_t second_began_ms_ = 0;
  uint64_t taken_ = 0;     // bytes in this second
  uint64_t left_out_ = 0;  // bytes not yet reported
};

}  // namespace inlet53::lambda
