#pragma once

#include <cstddef>
#include <string>

#include "inlet53/logs/log_filter.h"
#include "inlet53/logs/tail.h"

namespace inlet53::app {

/// `inlet53 logs tail`.
struct LogsTailOptions {
  std::string file;    // the query log, or empty
  std::string config;  // the configuration that names it
  size_t records = 10;
  bool follow = false;
  logs::LogFilterOptions filter;
  logs::TailFormat format = logs::TailFormat::Table;
};

/// Prints the newest records of a query log on stdout: as a table, in colour on a terminal unless
/// NO_COLOR is set (no-color.org), or as JSON lines. INT and TERM end it.
/// Returns kExitOk, kExitFailure (the log can't be read), kExitUsage (a filter that is none) or
/// kExitConfiguration (`config` is invalid or has no query log).
[[nodiscard]] int run_logs_tail(const LogsTailOptions& options);

}  // namespace inlet53::app
