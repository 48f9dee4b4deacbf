// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

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

}  // namespace inlet53::lambda
