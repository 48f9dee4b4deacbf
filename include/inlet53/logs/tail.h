// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/logs/log_record.h"

namespace inlet53::logs {

/// Formats records as a table: time, client, transport, name, type, rcode, interface (or instance)
/// and answers, followed by the action of DNS Firewall and its domain list if there are any.
///
/// Columns grow with their content. The formatter removes the middle of a text longer than
/// kMaxCell, so that a name shows its host and its zone, and counts answers that do not fit. It
/// writes bytes that are not printable ASCII as `\DDD`, so that a log cannot send control sequences
/// to a terminal. Threads: none shared.
class TableFormatter {
 public:
  static constexpr size_t kMaxCell = 56;
  static constexpr size_t kMaxAnswers = 96;

  /// `color` turns on ANSI colours.
  explicit TableFormatter(bool color) : color_(color) {}

  /// Appends the header line with its newline.
  void append_header(std::string& out);
  /// Appends the line of one record with its newline.
  void append_row(const LogRecord& record, std::string& out);

 private:
  void append_cell(size_t column, std::string_view text, std::string_view style, std::string& out);
  void append_styled(std::string_view text, std::string_view style, std::string& out) const;

  bool color_;
  // Widths of all columns except the last.
  std::array<size_t, 7> widths_ = {20, 15, 3, 40, 5, 8, 21};
};

/// Returns `text` with each byte that is not printable ASCII as `\DDD`.
[[nodiscard]] std::string printable(std::string_view text);

/// Returns `text`, or its start and end around `...` when it is longer than `limit` bytes.
/// Requires: `limit` >= 3.
[[nodiscard]] std::string shorten(std::string_view text, size_t limit);

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
