// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/settings/dns_daemon.h"

/// Query log writer. A *record* is one line that ends with '\n'. Workers append records to their
/// own buffers; one writer thread writes them to the file.
///
///     worker: reserve, encode, commit … flush     writer thread           file
///     [buffer][buffer][buffer] --ring--> [ staged blocks of 1 MiB ] --> query.log
namespace inlet53::querylog {

class BufferRing;
class LogWriter;

/// Size of a buffer and maximum size of a record, in bytes.
inline constexpr size_t kBufferSize = size_t{1} << 20;

/// Counters of one query log since start. Each call of `reserve` ends in exactly one of `written`,
/// `dropped_ring` and `dropped_disk`, or is still pending in a buffer or, while the disk fails, in
/// the up to 2 MiB that wait for it. After `close` the three counters add up to all calls. Under
/// load `written` lags behind the file by up to 200 ms, because lines are not counted one by one.
struct QueryLogCounts {
  uint64_t written = 0;         // records that are in the file
  uint64_t written_octets = 0;  // their size in bytes
  uint64_t dropped_ring = 0;    // records for which no buffer was free
  uint64_t dropped_disk = 0;    // records that the disk refused
};

/// Appender of one worker: appends records to buffers that the writer thread reads. Threads: the
/// worker's only (its creator may call `flush` after the worker's thread has ended). Lifetime: its
/// QueryLog's. Cost: no system call, no lock, no allocation; but a worker that is about to run out
/// of buffers wakes the writer thread, and with `when_full = "block"` waits for it.
class alignas(64) LogAppender {
 public:
  explicit LogAppender(BufferRing& ring) noexcept : ring_(ring) {}
  LogAppender(const LogAppender&) = delete;
  LogAppender& operator=(const LogAppender&) = delete;

  /// Reserves space for a record of at most `size` bytes (1 to kBufferSize). Returns null and
  /// counts the record as dropped when the writer thread holds every buffer. With `when_full =
  /// "block"` the call instead blocks the worker until a buffer is free or `QueryLog::stop_waiting`
  /// is called. Lifetime: until the next call of this object.
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

  /// Publishes committed records to the writer thread, even if the buffer is not full. The worker
  /// calls it at least every 200 ms while records are pending, so that a reader sees each record
  /// within a second.
  void flush() noexcept;

  /// Returns true when committed records are not published yet.
  [[nodiscard]] bool pending() const noexcept { return cursor_ != flushed_; }

 private:
  [[nodiscard]] char* reserve_in_next_buffer(size_t size) noexcept;

  char* cursor_ = nullptr;   // position of the next record; null: no buffer
  char* end_ = nullptr;      // of the buffer
  char* flushed_ = nullptr;  // end of the published records
  uint32_t records_ = 0;     // in the buffer
  BufferRing& ring_;
};

/// Query log of one daemon: the workers' appenders and the writer thread.
///
/// The writer thread keeps each worker's order. It writes whole aligned blocks with O_DIRECT where
/// the file system supports it, and the rest through the page cache at least every 200 ms. The file
/// never contains padding, and only its last line may be incomplete. At most one process writes a
/// file.
///
/// Rotation: when the next record would exceed `rotate_octets`, and at each multiple of
/// `rotate_seconds` since 1970 (for a day: midnight UTC; a multiple that passed while no daemon ran
/// counts at start), the file is renamed to `FILE.20261122T105252Z` (`…Z-2` if that name exists)
/// and a new one is created. The oldest files beyond `keep_files` are removed. An empty file is not
/// rotated.
///
/// The operator log reports a disk that fails, and again after `reopen`; the writer retries every
/// 100 ms. It reports dropped records at once, then every 10 s. While the disk fails, records wait
/// in memory as far as they fit; beyond that, `when_full` decides: `drop` counts them, `block`
/// makes the workers wait. No line is written in part. Threads: `reopen`, `stop_waiting` and
/// `counts` any; the rest one.
class QueryLog {
 public:
  /// Opens the file and starts the writer thread for `workers` workers. Creates the file with mode
  /// 0640 and its parent directories, removes an incomplete last line, and appends. Errors: a text
  /// that names the file and why it cannot be opened, cannot be locked (another process writes it)
  /// or is no query log (not a regular file, no line end in its last MiB). Requires:
  /// `settings.file` is not empty, `settings.buffers_per_worker` is not 0.
  [[nodiscard]] static Result<std::unique_ptr<QueryLog>, std::string> open(
      const settings::QueryLog& settings, size_t workers);

  /// Writes the flushed records, closes the file and ends the thread. Counts and reports records as
  /// dropped that a failing disk does not accept in a last try; `counts` is final then. A second
  /// call does nothing. Requires: no worker uses its appender any more.
  void close() noexcept;

  /// Calls `close`.
  ~QueryLog();
  QueryLog(const QueryLog&) = delete;
  QueryLog& operator=(const QueryLog&) = delete;

  /// Returns the appender of worker `index`. Lifetime: this object's.
  [[nodiscard]] LogAppender& appender(size_t index) noexcept { return *appenders_[index]; }

  /// Makes the writer thread close the file and open its path again (USR1, after a rename). Returns
  /// at once; the file is reopened within 100 ms.
  void reopen() noexcept;

  /// Makes workers drop records when no buffer is free, regardless of `when_full`, and wakes
  /// waiting workers. Call it before the workers are joined, so that a daemon can stop while the
  /// disk is full.
  void stop_waiting() noexcept;

  [[nodiscard]] QueryLogCounts counts() const noexcept;

 private:
  explicit QueryLog(std::unique_ptr<LogWriter> writer, size_t workers);

  std::unique_ptr<LogWriter> writer_;
  std::vector<std::unique_ptr<LogAppender>> appenders_;
};

}  // namespace inlet53::querylog
