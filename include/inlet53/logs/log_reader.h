// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::logs {

/// One complete line of a log, without its newline. Lifetime: until the reader's next call.
struct LogLine {
  std::string_view text;
  uint64_t offset = 0;  // in bytes from the start of the file
};

/// Reads a log line by line while it grows and across rotation by rename (as `tail -F` does).
///
/// The reader holds back an unterminated last line until its newline arrives, and drops it when the
/// file is rotated or truncated. It reads a file that became shorter from the start. It misses a
/// file that appears and disappears between two calls. Threads: none shared. Cost: one buffer of
/// 256 KiB, more for a longer line.
class LogReader {
 public:
  /// Longer lines are returned in pieces; the longest record is far shorter.
  static constexpr size_t kMaxLine = size_t{16} << 20;

  explicit LogReader(std::string path);
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  /// Opens the file and moves to its start. Returns false when it does not exist. Errors: a text
  /// with the file name and the reason.
  [[nodiscard]] Result<bool, std::string> open();

  /// Moves to the first of the last `count` lines for which `wanted` returns true, or to the start
  /// of the file when there are fewer. `next` then also returns the lines between them. Reads
  /// backwards, no further than needed, and stops at a line longer than kMaxLine. Errors: the file
  /// cannot be read. Requires: the file is open.
  [[nodiscard]] Result<void, std::string> seek_last(
      size_t count, const std::function<bool(std::string_view)>& wanted);

  /// Returns the next complete line; absent when there is none yet. When the path names another
  /// file, reads the old file to its end, then the new one from its start. Errors: a file cannot be
  /// opened or read.
  [[nodiscard]] Result<std::optional<LogLine>, std::string> next();

  /// Returns the number, from 1, of the line at `offset` of the current file. Cost: reads the file
  /// from the offset of the previous call.
  [[nodiscard]] uint64_t line_number(uint64_t offset);

 private:
  [[nodiscard]] std::optional<LogLine> next_buffered_line() noexcept;
  [[nodiscard]] Result<bool, std::string> fill();
  [[nodiscard]] bool replaced() const;
  [[nodiscard]] Result<size_t, std::string> read_at(uint64_t offset, char* out, size_t size) const;
  void start_at(uint64_t offset) noexcept;
  void close() noexcept;
  [[nodiscard]] std::string complaint(const char* what) const;

  std::string path_;
  int fd_ = -1;
  std::string buffer_;       // file content up to end_offset_
  size_t begin_ = 0;         // in buffer_: the next line
  size_t scanned_ = 0;       // in buffer_: no newline from begin_ to here
  uint64_t end_offset_ = 0;  // in the file
  uint64_t counted_to_ = 0;  // offset and result of the last line_number
  uint64_t counted_lines_ = 0;
};

}  // namespace inlet53::logs
