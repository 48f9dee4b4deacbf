#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::logs {

/// One whole line of a log, without its newline.
/// Lifetime: the reader's, until its next call.
struct LogLine {
  std::string_view text;
  uint64_t offset = 0;  // octets before it in its file
};

/// Reads a log line by line as it grows and across rotation by rename (as `tail -F` does).
///
/// An unterminated last line is one that is still being written: it is held back until its newline
/// is there, and forgotten when its file was rotated away or cut. A file that became shorter is
/// read from its start. A file that came and went under the name between two calls is missed.
/// Threads: none shared. Cost: one buffer of 256 KiB, more for a line that is longer.
class LogReader {
 public:
  /// Lines over this size come in pieces; the longest record is far below.
  static constexpr size_t kMaxLine = size_t{16} << 20;

  explicit LogReader(std::string path);
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  /// Opens the file and goes to its start. False when there is none under this name.
  /// Errors: why it can't be opened, with its name.
  [[nodiscard]] Result<bool, std::string> open();

  /// Goes to the first of the last `count` lines that `wanted` says yes to, so that `next` gives
  /// those lines and the others between them; to the file's start when it has no more than `count`.
  /// Reads backwards, no farther than needed, and not past a line over kMaxLine.
  /// Errors: why the file can't be read. Requires: an open file.
  [[nodiscard]] Result<void, std::string> seek_last(
      size_t count, const std::function<bool(std::string_view)>& wanted);

  /// The next whole line, absent when there is none now. When another file stands under the name,
  /// the one that was read is read to its end, then the other from its start.
  /// Errors: why a file can't be opened or read.
  [[nodiscard]] Result<std::optional<LogLine>, std::string> next();

  /// The number, from 1, of the line at `offset` of the file that the last line came from.
  /// Cost: reads the file from the line that was asked for before.
  [[nodiscard]] uint64_t line_number(uint64_t offset);

 private:
  [[nodiscard]] std::optional<LogLine> take_line() noexcept;
  [[nodiscard]] Result<bool, std::string> fill();
  [[nodiscard]] bool replaced() const;
  [[nodiscard]] Result<size_t, std::string> read_at(uint64_t offset, char* out, size_t size) const;
  void start_at(uint64_t offset) noexcept;
  void close() noexcept;
  [[nodiscard]] std::string complaint(const char* what) const;

  std::string path_;
  int fd_ = -1;
  std::string buffer_;       // octets of the file up to end_offset_
  size_t begin_ = 0;         // in buffer_: the next line
  size_t scanned_ = 0;       // in buffer_: no newline from begin_ to here
  uint64_t end_offset_ = 0;  // in the file
  uint64_t counted_to_ = 0;  // line_number's last question and answer
  uint64_t counted_lines_ = 0;
};

}  // namespace inlet53::logs
