#pragma once

#include <string>
#include <string_view>

#include "inlet53/base/clock.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::lambda {

/// The log of one function: a file, `FUNCTION.log` in the log folder, or this process's stderr.
/// Each event is one line, in the order in which they came:
///
///   2026-11-22T17:33:24.123Z TAB STREAM TAB TEXT
///
/// STREAM is the beginning of the log stream's id, the same for all events of one environment
/// (INIT_START tells it in full), and on stderr `FUNCTION/` before it. TEXT holds no line end.
///
/// Lines are gathered for a moment and written together; a disk that takes none loses lines, which
/// the operator log says once. Threads: the loop's.
class FunctionLog {
 public:
  /// `folder` empty: stderr. A file that cannot be opened is said in the operator log, and events
  /// go to stderr.
  FunctionLog(net::Loop& loop, const std::string& folder, const std::string& function);
  /// Writes what is left.
  ~FunctionLog();
  FunctionLog(const FunctionLog&) = delete;
  FunctionLog& operator=(const FunctionLog&) = delete;

  void append(std::string_view stream, std::string_view text);
  void flush();
  /// Opens the file by its name again, for whoever moved it away.
  void reopen();

 private:
  void append_time();
  void write(std::string_view text);

  std::string path_;    // empty: stderr
  std::string prefix_;  // of a stream's name, on stderr
  net::Descriptor file_;
  std::string waiting_;
  UtcSecond second_;
  bool failed_ = false;  // to write, since it was opened
  net::Timer flush_soon_;
};

}  // namespace inlet53::lambda
