#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/settings/dns_daemon.h"

/// The query log's way to the disk. A *record* is one line: it ends with '\n' and holds no other.
/// Workers append records to buffers of their own; one writer thread takes them to the file.
///
///     worker: reserve, encode, commit … flush     writer thread           file
///     [buffer][buffer][buffer] --ring--> [ staged blocks of 1 MiB ] --> query.log
namespace inlet53::querylog {

class BufferRing;
class LogWriter;

/// Octets of one buffer, and the most that one record may have.
inline constexpr size_t kBufferSize = size_t{1} << 20;

/// What became of the records of one query log since its start. Each call of `reserve` ends in
/// exactly one of `written`, `dropped_ring` and `dropped_disk`, or is still on its way: in a
/// buffer, or, while the disk refuses, among the up to 2 MiB that wait for it. Once the log is
/// closed the three make up the whole.
/// `written` lags behind the file while much is written, by 200 ms at most: lines are not counted
/// one by one.
struct QueryLogCounts {
  uint64_t written = 0;         // records that are in the file
  uint64_t written_octets = 0;  // their octets
  uint64_t dropped_ring = 0;    // records for which no buffer was free
  uint64_t dropped_disk = 0;    // records that the disk refused
};

/// One worker's end of the query log: appends records to buffers that the writer thread reads.
/// Threads: the worker's only (its creator may call `flush` once the worker's thread has ended).
/// Lifetime: its QueryLog's.
/// Cost: no system call, no lock, no allocation; but a worker that is about to run out of buffers
/// wakes the writer thread, and with `when_full = "block"` waits for it.
class alignas(64) LogAppender {
 public:
  explicit LogAppender(BufferRing& ring) noexcept : ring_(ring) {}
  LogAppender(const LogAppender&) = delete;
  LogAppender& operator=(const LogAppender&) = delete;

  /// Gives room for a record of at most `size` octets (1 to kBufferSize).
  /// Returns null when every buffer is with the writer thread and the record is lost: it is counted
  /// as dropped. With `when_full = "block"` the call waits instead, and with it all that the worker
  /// does, until a buffer is free or `QueryLog::stop_waiting` was called.
  /// Lifetime: until the next call of this object.
  [[nodiscard]] char* reserve(size_t size) noexcept {
    if (size <= static_cast<size_t>(end_ - cursor_)) return cursor_;
    return reserve_in_next_buffer(size);
  }

  /// Takes the first `size` octets of what `reserve` gave as one record.
  /// Requires: they are one line with its '\n'; `size` is at most what was reserved.
  void commit(size_t size) noexcept {
    cursor_ += size;
    ++records_;
  }

  /// Shows the writer thread what was committed, even if the buffer is not full. The worker calls
  /// it at least every 200 ms while records are pending, so that a reader sees each within a
  /// second.
  void flush() noexcept;

  /// True when `flush` has something to show.
  [[nodiscard]] bool pending() const noexcept { return cursor_ != flushed_; }

 private:
  [[nodiscard]] char* reserve_in_next_buffer(size_t size) noexcept;

  char* cursor_ = nullptr;   // where the next record goes; null: no buffer is held
  char* end_ = nullptr;      // of the buffer
  char* flushed_ = nullptr;  // what the writer thread may read ends here
  uint32_t records_ = 0;     // in the buffer
  BufferRing& ring_;
};

/// The query log of one daemon: the workers' appenders and the writer thread behind them.
///
/// The writer thread keeps each worker's order. Whole aligned blocks go to the disk by O_DIRECT
/// where the file system can, the rest through the page cache at least every 200 ms; the file never
/// holds padding, and only its last line may ever be unfinished. At most one process writes a file.
///
/// Rotation: when the next record would make the file longer than `rotate_octets`, and at each
/// multiple of `rotate_seconds` since 1970 (for a day: midnight UTC; a multiple that passed while
/// no daemon ran counts at the start), it is renamed to `FILE.20261122T105252Z` (`…Z-2` if that is
/// taken) and a new one is made; the oldest beyond `keep_files` are removed. An empty file is not
/// rotated.
///
/// The operator log reports a disk that refuses, and again after `reopen`; the log tries
/// again every 100 ms. Records that are dropped are reported at once, then every 10 s. Meanwhile
/// records wait in memory as far as they fit; beyond that `when_full` decides: `drop` counts them,
/// `block` makes the workers wait. No line is torn by it. Threads: `reopen`, `stop_waiting` and
/// `counts` any; the rest one.
class QueryLog {
 public:
  /// Opens the file (creates it with mode 0640 and the directories above it, cuts an unfinished
  /// last line, appends behind the rest) and starts the writer thread for `workers` workers.
  /// Errors: a text that names the file and says why it can't be opened, be locked (another process
  /// writes it) or be a query log (not a regular file, no line end in its last MiB).
  /// Requires: `settings.file` is not empty, `settings.buffers_per_worker` is not 0.
  [[nodiscard]] static Result<std::unique_ptr<QueryLog>, std::string> open(
      const settings::QueryLog& settings, size_t workers);

  /// Writes out what the appenders have flushed, closes the file and ends the thread. What a
  /// refusing disk does not take in a last try is counted and said as dropped; `counts` is final
  /// then. A second call does nothing.
  /// Requires: no worker uses its appender any more.
  void close() noexcept;

  /// Closes.
  ~QueryLog();
  QueryLog(const QueryLog&) = delete;
  QueryLog& operator=(const QueryLog&) = delete;

  /// Worker `index`'s appender. Lifetime: this object's.
  [[nodiscard]] LogAppender& appender(size_t index) noexcept { return *appenders_[index]; }

  /// Asks the writer thread to close the file and open its name anew (USR1, after somebody moved
  /// it). Returns at once; it happens within 100 ms.
  void reopen() noexcept;

  /// From now on a worker that finds no buffer drops its record, whatever `when_full` says; a
  /// worker that waits returns. For the end of a daemon, which must not hang on a full disk: call
  /// it before the workers are joined.
  void stop_waiting() noexcept;

  [[nodiscard]] QueryLogCounts counts() const noexcept;

 private:
  explicit QueryLog(std::unique_ptr<LogWriter> writer, size_t workers);

  std::unique_ptr<LogWriter> writer_;
  std::vector<std::unique_ptr<LogAppender>> appenders_;
};

}  // namespace inlet53::querylog
