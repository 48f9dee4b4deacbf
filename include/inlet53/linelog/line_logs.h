// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <sys/types.h>

#include "inlet53/base/result.h"

/// Text logs: files of lines that one thread writes, so that a slow disk blocks only that thread.
namespace inlet53::linelog {

class LineFile;
class LineQueues;
struct LineQueue;

/// Counters of the lines of all logs. Each `append` counts in exactly one of them.
struct LineCounts {
  uint64_t written = 0;       // lines that are in a file
  uint64_t dropped_full = 0;  // the queue was full because the file accepts lines too slowly
  uint64_t dropped_disk = 0;  // the file could not be written when the queue was full or at the end
  uint64_t waiting = 0;       // lines in a queue now
};

/// One log. It may outlive its LineLogs. Lifetime: after the last owner has released it, its lines
/// are written and its file is closed; lines after the end of the thread are counted as dropped.
class LineLog {
 public:
  LineLog(std::shared_ptr<LineQueues> queues, std::shared_ptr<LineQueue> queue);
  ~LineLog();
  LineLog(const LineLog&) = delete;
  LineLog& operator=(const LineLog&) = delete;

  /// Adds a line, without its line end. A line end within it becomes a space. Never waits for the
  /// disk: when the queue is full, drops the line, counts it and reports it in the operator log
  /// (the first at once, then every 10 s).
  /// Threads: any. Cost: one short lock; one system call when the writer thread sleeps.
  void append(std::string_view line);

 private:
  const std::shared_ptr<LineQueues> queues_;
  const std::shared_ptr<LineQueue> queue_;
};

/// Logs of one process and the thread that writes them.
///
/// A line is in its file within 100 ms after `append`, unless the disk is slower. Lines of one log
/// keep their order. A file that rejects lines (ENOSPC) is reported once and retried every 100 ms;
/// meanwhile its lines wait. A file that was deleted, with or without its directory, is created
/// again before the next write. A log whose file accepts no data does not delay other logs, except
/// where write(2) itself blocks (a disk that hangs).
/// Threads: any; the constructor, `close` and the destructor one.
class LineLogs {
 public:
  /// As write(2): returns the number of bytes, or -1 with errno.
  using Write = std::function<ssize_t(int descriptor, std::string_view bytes)>;

  struct Options {
    size_t max_waiting = size_t{32} << 20;  // see `set_max_waiting`
    Write write = {};                       // empty: write(2)
  };

  /// Starts the thread. Throws std::system_error when the system cannot create it.
  explicit LineLogs(Options options);
  /// Closes with a limit of 1 s.
  ~LineLogs();
  LineLogs(const LineLogs&) = delete;
  LineLogs& operator=(const LineLogs&) = delete;

  /// Sets the maximum number of bytes of lines that wait in all logs together. One log may use a
  /// quarter of it.
  void set_max_waiting(size_t bytes);

  /// Opens a file (mode 0640) for appending and creates missing directories above it. Shares a file
  /// that is already open. Waits for the disk unless the file is already open.
  /// Errors: a text that names the file and the reason.
  [[nodiscard]] Result<std::shared_ptr<LineLog>, std::string> open(const std::string& path);

  /// Like `open`, but never waits and never fails: the writer thread opens the file. If it cannot,
  /// it reports the error and retries, and lines wait.
  [[nodiscard]] std::shared_ptr<LineLog> open_later(const std::string& path);

  /// Returns a log that writes to an open descriptor, for instance stderr. Duplicates the
  /// descriptor; if it is closed, the log cannot be written. `name` is for reports; a log with the
  /// same name is shared.
  [[nodiscard]] std::shared_ptr<LineLog> adopt(int descriptor, const std::string& name);

  /// Makes the writer thread open every path again (USR1, after a rename). Lines that were appended
  /// before go to the old files. A path that cannot be opened is reported, and its old file stays.
  /// Returns at once.
  void reopen();

  /// Writes the waiting lines and ends the thread. Lines that are not written within `limit`, or
  /// that a last try cannot write, are counted as dropped and reported. Returns false when the
  /// thread hangs in a write: the thread keeps running, and the process should end without
  /// destroying statics. A second call does nothing.
  bool close(std::chrono::milliseconds limit);

  [[nodiscard]] LineCounts counts() const;

 private:
  [[nodiscard]] std::shared_ptr<LineLog> find(const std::string& path) const;
  [[nodiscard]] std::shared_ptr<LineLog> add(const std::string& name, const std::string& path,
                                             LineFile file);

  const std::shared_ptr<LineQueues> queues_;
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<LineLog>> logs_;  // by path, or by name
  std::thread thread_;
};

}  // namespace inlet53::linelog
