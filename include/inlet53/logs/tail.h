// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "inlet53/base/result.h"
#include "inlet53/logs/log_filter.h"

namespace inlet53::logs {

enum class TailFormat : uint8_t {
  Table,  // text in columns
  Json,   // the unchanged lines of the log
};

inline constexpr size_t kAllRecords = std::numeric_limits<size_t>::max();

struct TailOptions {
  std::string file;
  /// Number of the newest matching records to show first; `kAllRecords` for all.
  size_t records = 10;
  /// Shows new records as they are written, across rotation, until `stop`. Waits for a file that
  /// does not exist yet.
  bool follow = false;
  LogFilter filter;
  TailFormat format = TailFormat::Table;
  /// Enables ANSI colours in the table. The caller checks whether `out` is a terminal.
  bool color = false;
};

/// Counters of a run.
struct TailCounts {
  uint64_t shown = 0;
  uint64_t broken = 0;  // lines that are no record; the operator log names them
};

/// Writes the newest records of a query log to the descriptor `out`. Returns when all are written.
/// With `follow`, returns when `stop` becomes true or when the reader of `out` closes it, which is
/// no error. A signal wakes it up; without a signal it checks `stop` and the file every 100 ms.
/// Errors: the file cannot be opened or read, or `out` cannot be written. Requires: if `out` is a
/// pipe and the process must outlive its reader, SIGPIPE is ignored; the signal handler that sets
/// `stop` is installed without SA_RESTART, so that it interrupts a blocked write. Threads: any; any
/// thread or a signal handler may set `stop`.
[[nodiscard]] Result<TailCounts, std::string> run_tail(const TailOptions& options, int out,
                                                       const std::atomic<bool>& stop);

}  // namespace inlet53::logs
