// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

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

}  // namespace inlet53::logs
