// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/settings/dns_daemon.h"

/// Writer of the query log. A *record* is one line that ends with '\n'. Each worker appends records
/// to its own buffers; one writer thread writes them to the file.
///
///     worker: reserve, encode, commit … flush     writer thread           file
///     [buffer][buffer][buffer] --ring--> [ staged blocks of 1 MiB ] --> query.log
namespace inlet53::querylog {

class BufferRing;
class LogWriter;

/// Size of a buffer and maximum size of a record, in bytes.
inline constexpr size_t kBufferSize = size_t{1} << 20;

/// Counters of a query log since start. Each record for which `reserve` was called is counted once:
/// in `written`, `dropped_ring` or `dropped_disk`. A record that is not counted yet is in a buffer
/// or, while the disk fails, in up to 2 MiB of memory of the writer. After `close`, all are
/// counted. Under load, `written` lags behind the file by up to 200 ms, because the writer does not
/// count single lines.
struct QueryLogCounts {
  uint64_t written = 0;         // records that are in the file
  uint64_t written_octets = 0;  // their total size in bytes
  uint64_t dropped_ring = 0;    // records for which no buffer was free
  uint64_t dropped_disk = 0;    // records that the disk did not accept
};

/// Appends the records of one worker to buffers, which the writer thread reads. Threads: the
/// worker's; its creator may call `flush` after the worker's thread has ended. Lifetime: that of
/// its QueryLog. Cost: no allocation, no lock, and usually no system call. When half of the buffers
/// are full, the worker wakes the writer thread. When no buffer is free, it waits if `when_full =
/// "block"`.
class alignas(64) LogAppender {
 public:
  explicit LogAppender(BufferRing& ring) noexcept : ring_(ring) {}
  LogAppender(const LogAppender&) = delete;
  LogAppender& operator=(const LogAppender&) = delete;

  /// Reserves space for a record of at most `size` bytes (1 to kBufferSize). If no buffer is free,
  /// it returns null and counts the record as dropped. With `when_full = "block"` it first waits
  /// until a buffer is free or `QueryLog::stop_waiting` is called. Lifetime of the space: until the
  /// next call of this object.
  [[nodiscard]] char* reserve(size_t size) noexcept {
    if (size <= static_cast<size_t>(end_ - cursor_)) return cursor_;
    return reserve_in_next_buffer(size);
  }

  /// Appends the first `size` bytes of the reserved space as one record. Requires: they are one
  /// line with its '\n'; `size` is at most the reserved size.
  void commit(size_t size) noexcept {
    cursor_ += size;
    ++records_;
  }

  /// Publishes all committed records to the writer thread, even if the buffer is not full. While
  /// records are pending, the worker calls it at least every 200 ms, so that a reader of the file
  /// sees each record within a second.
  void flush() noexcept;

  /// Returns true if some committed records are not published.
  [[nodiscard]] bool pending() const noexcept { return cursor_ != flushed_; }

 private:
  [[nodiscard]] char* reserve_in_next_buffer(size_t size) noexcept;

  char* cursor_ = nullptr;   // position of the next record; null: no buffer
  char* end_ = nullptr;      // of the buffer
  char* flushed_ = nullptr;  // end of the published records
  uint32_t records_ = 0;     // in the buffer
  BufferRing& ring_;
};

/// Query log of a daemon: the appenders of its workers, and the writer thread.
///
/// The writer thread keeps the order of each worker's records. It writes whole aligned blocks with
/// O_DIRECT if the file system supports it, and the rest through the page cache at least every 200
/// ms. The file never contains padding, and only its last line may be incomplete. Only one process
/// may write a file.
///
/// Rotation: the writer renames the file to `FILE.20261122T105252Z` (`…Z-2` if that name exists)
/// and creates a new one. It does so before a record that would exceed `rotate_octets`, and at each
/// multiple of `rotate_seconds` since 1970 (for a day: midnight UTC). If such a time has passed
/// while no daemon ran, it rotates at start. Then it removes the oldest files beyond `keep_files`.
/// It does not rotate an empty file.
///
/// Disk failures: the writer retries every 100 ms. The operator log reports the failure once, and
/// again after `reopen`. Records wait in memory while there is room. Then `when_full` decides: with
/// `drop`, further records are dropped and counted; with `block`, the workers wait. No line is
/// written in part. The operator log reports dropped records at once, then every 10 s.
/// Threads: `reopen`, `stop_waiting` and `counts` any; the rest one.
class QueryLog {
 public:
  /// Opens the file and starts the writer thread for `workers` workers. Creates the file with mode
  /// 0640 and its parent directories if they are missing. Removes an incomplete last line of an
  /// existing file, and appends to it. Errors: a text with the file and the reason: it cannot be
  /// opened, another process writes it, or it is not a query log (it is not a regular file, or its
  /// last MiB has no end of a line). Requires: `settings.file` is not empty,
  /// `settings.buffers_per_worker` is not 0.
  [[nodiscard]] static Result<std::unique_ptr<QueryLog>, std::string> open(
      const settings::QueryLog& settings, size_t workers);

  /// Writes the flushed records, closes the file and ends the thread. Tries a failing disk once
  /// more, then counts and reports the remaining records as dropped. Afterwards `counts` does not
  /// change. A second call does nothing. Requires: no worker uses its appender any more.
  void close() noexcept;

  /// Calls `close`.
  ~QueryLog();
  QueryLog(const QueryLog&) = delete;
  QueryLog& operator=(const QueryLog&) = delete;

  /// Returns the appender of worker `index`. Lifetime: this object's.
  [[nodiscard]] LogAppender& appender(size_t index) noexcept { return *appenders_[index]; }

  /// Makes the writer thread close the file and open its path again, within 100 ms (for USR1, after
  /// a rename). Does not wait for this.
  void reopen() noexcept;

  /// Wakes workers that wait for a buffer. From now on they drop records when no buffer is free,
  /// whatever `when_full` is. Call it before you join the workers, so that a daemon can stop while
  /// the disk is full.
  void stop_waiting() noexcept;

  [[nodiscard]] QueryLogCounts counts() const noexcept;

 private:
  explicit QueryLog(std::unique_ptr<LogWriter> writer, size_t workers);

  std::unique_ptr<LogWriter> writer_;
  std::vector<std::unique_ptr<LogAppender>> appenders_;
};

}  // namespace inlet53::querylog
