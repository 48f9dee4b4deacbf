#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "inlet53/logs/log_record.h"

namespace inlet53::logs {

/// Writes records as a table for people: time, client, transport, name, type, rcode, interface (or
/// instance) and answers; behind them what DNS Firewall did, and by which list, where it did.
///
/// Columns grow with what comes. A text over kMaxCell octets loses its middle, so that a name shows
/// its host and its zone; answers that do not fit are counted. Octets that are not printable ASCII
/// come out as `\DDD`, so that no log can command a terminal.
/// Threads: none shared.
class TableFormatter {
 public:
  static constexpr size_t kMaxCell = 56;
  static constexpr size_t kMaxAnswers = 96;

  /// `color` turns on ANSI colours.
  explicit TableFormatter(bool color) : color_(color) {}

  /// Appends the line of the columns' titles, newline included.
  void append_header(std::string& out);
  /// Appends one record's line, newline included.
  void append_row(const LogRecord& record, std::string& out);

 private:
  void append_cell(size_t column, std::string_view text, std::string_view style, std::string& out);
  void append_styled(std::string_view text, std::string_view style, std::string& out) const;

  bool color_;
  // Of all columns but the last one.
  std::array<size_t, 7> widths_ = {20, 15, 3, 40, 5, 8, 21};
};

/// `text` with each octet that is not printable ASCII as `\DDD`.
[[nodiscard]] std::string printable(std::string_view text);

/// `text`, or its beginning and its end around `...` when it has more than `limit` octets.
/// Requires: `limit` >= 3.
[[nodiscard]] std::string shorten(std::string_view text, size_t limit);

}  // namespace inlet53::logs
