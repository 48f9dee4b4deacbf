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
  Table,  // for people
  Json,   // each record's own line, octet for octet
};

inline constexpr size_t kAllRecords = std::numeric_limits<size_t>::max();

struct TailOptions {
  std::string file;
  /// How many of the newest records that pass the filter are shown first; `kAllRecords` for all.
  size_t records = 10;
  /// Goes on with records as they are written, across rotation, until it is told to stop. A file
  /// that does not exist yet is waited for.
  bool follow = false;
  LogFilter filter;
  TailFormat format = TailFormat::Table;
  /// ANSI colours in the table (the caller knows whether `out` is a terminal).
  bool color = false;
};

/// What was read.
struct TailCounts {
  uint64_t shown = 0;
  uint64_t broken = 0;  // lines that are no record; each is named in the operator log
};

/// Writes the newest records of a query log to the descriptor `out`.
/// Ends when all is shown or, with `follow`, when `stop` becomes true or whoever reads `out` has
/// closed it (that is success too). A signal wakes it, else it looks at `stop` and at the file
/// every 100 ms. Errors: a file that can't be opened or read, an `out` that can't be written.
/// Requires: SIGPIPE is ignored, when `out` is a pipe and the process is to outlive its reader; the
/// handler that sets `stop` was installed without SA_RESTART, so that it ends a write that waits.
/// Threads: any; `stop` may be set from any thread or a signal's handler.
[[nodiscard]] Result<TailCounts, std::string> run_tail(const TailOptions& options, int out,
                                                       const std::atomic<bool>& stop);

}  // namespace inlet53::logs
