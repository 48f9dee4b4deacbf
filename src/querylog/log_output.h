// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "buffer_ring.h"
#include "log_file.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/result.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::querylog {

/// Returns the number of line ends in `text`. Cost: about 15 ns per line of 500 bytes.
[[nodiscard]] size_t count_lines(std::string_view text) noexcept;

/// Returns the length of the longest prefix of `text` that consists of complete lines and has at
/// most `limit` bytes.
[[nodiscard]] size_t whole_lines(std::string_view text, size_t limit) noexcept;

/// Window over the content of the log file; the bytes from `written` to `end` are not written yet.
///
/// A byte of the file is stored in the window at its file offset modulo the size of the window. So
/// memory and file have the same alignment, and records of any length form whole blocks. The window
/// also keeps the bytes that were written last, so that a record that is in the file only in part
/// is complete in memory.
///
/// Threads: one.
class LogStage {
 public:
  /// Block size of writes under load.
  static constexpr size_t kBlock = size_t{1} << 20;

  LogStage() : window_(kWindow) {}

  /// File offset after the last byte that is written.
  [[nodiscard]] uint64_t written() const noexcept { return written_; }

  /// File offset after the last byte that was appended.
  [[nodiscard]] uint64_t end() const noexcept { return end_; }

  /// File offset of the last block boundary at or before `end`.
  [[nodiscard]] uint64_t end_of_blocks() const noexcept { return end_ - end_ % kBlock; }

  [[nodiscard]] bool pending() const noexcept { return written_ != end_; }

  /// Number of bytes that can be appended.
  [[nodiscard]] size_t room() const noexcept {
    const auto pending = static_cast<size_t>(end_ - written_);
    return pending < kMostPending ? kMostPending - pending : 0;
  }

  /// Appends complete records. Requires: `records.size()` <= `room()`.
  void append(std::string_view records) noexcept;

  /// Writes up to file offset `until`, or until the disk fails. Returns 0 or errno. Requires:
  /// `until` <= `end()`; the file ends at `written()`.
  [[nodiscard]] int write(LogFile& file, uint64_t until) noexcept;

  /// Moves `written` back to the start of a record that is in the file only in part. The caller
  /// then truncates the file to `written()`.
  void discard_torn_record() noexcept;

  /// Continues with another file that is `offset` bytes long; unwritten records go there. Requires:
  /// no torn record.
  void restart(uint64_t offset);

  /// Returns the number of unwritten records. Cost: about 15 ns each.
  [[nodiscard]] uint64_t pending_records() const noexcept;

  /// Returns the number of bytes written to all files.
  [[nodiscard]] uint64_t written_octets() const noexcept { return written_octets_; }

 private:
  static constexpr size_t kMostPending = 2 * kBlock;  // a block's rest and a whole buffer
  static constexpr size_t kWindow = 2 * kMostPending;

  void copy_in(std::string_view records) noexcept;
  [[nodiscard]] std::string_view piece(uint64_t from, uint64_t to) const noexcept;

  PageMemory window_;
  uint64_t start_ = 0;  // size of the file when the stage started: a record boundary
  uint64_t written_ = 0;
  uint64_t end_ = 0;
  uint64_t written_octets_ = 0;
};

/// Log as the writer thread uses it: appends records in order to the right file and handles
/// rotation, reopening and disk failures. It has no thread and no clock. Threads: one; the counts
/// any.
class LogOutput {
 public:
  /// Opens the file of `settings`. Errors: as `QueryLog::open`.
  [[nodiscard]] static Result<std::unique_ptr<LogOutput>, std::string> open(
      const settings::QueryLog& settings, Now now);

  /// Appends records and writes full blocks. Returns the records that it appended, the first ones;
  /// while the disk fails, there may be no room for the rest.
  [[nodiscard]] Records append(const Records& records, Now now);

  /// Counts records as dropped because of the disk.
  void drop(const Records& records) noexcept;

  /// Does periodic work: writes an incomplete block (every 200 ms), retries a failed disk (every
  /// 100 ms), rotates by time. Call it at least every 100 ms.
  void tick(Now now);

  /// Closes the file and opens its path again.
  void reopen(Now now);

  /// Writes all records and closes the file; counts records as dropped that the disk does not
  /// accept.
  void close(Now now);

  [[nodiscard]] uint64_t written() const noexcept { return load(written_); }
  [[nodiscard]] uint64_t written_octets() const noexcept { return load(written_octets_); }
  [[nodiscard]] uint64_t dropped() const noexcept { return load(dropped_); }

 private:
  using Count = std::atomic<uint64_t>;
  explicit LogOutput(const settings::QueryLog& settings) : settings_(settings) {}

  [[nodiscard]] static uint64_t load(const Count& count) noexcept {
    return count.load(std::memory_order_relaxed);
  }

  void adopt(LogFile file, Now now);
  [[nodiscard]] bool open_file(Now now);
  bool write(uint64_t until, Now now);
  void discard_torn_record() noexcept;

  void rotate(Now now);
  [[nodiscard]] bool may_rotate(Now now) const noexcept;
  [[nodiscard]] bool exceeds_rotation(size_t size, Now now) const noexcept;
  [[nodiscard]] uint64_t octets_to_rotation(Now now) const noexcept;
  [[nodiscard]] bool period_is_over(Now now) noexcept;
  [[nodiscard]] int64_t period(int64_t wall_seconds) const noexcept;

  void refuse(std::string_view why, Now now);
  void recover();
  void report_drops(Now now);
  // `exactly`: counts lines if necessary.
  void publish_counts(bool exactly) noexcept;

  const settings::QueryLog settings_;
  LogStage stage_;
  std::optional<LogFile> file_;
  int64_t file_period_ = 0;  // rotation period of the file's end, counted from 1970

  // Monotonic milliseconds.
  uint64_t tail_due_ms_ = 0;
  uint64_t retry_due_ms_ = 0;
  uint64_t rotation_due_ms_ = 0;  // after a failed rotation

  bool refused_ = false;        // the last write or opening failed
  bool refusal_is_new_ = true;  // not reported yet, or the operator reopened the log
  uint64_t dropped_before_refusal_ = 0;
  uint64_t drops_reported_ = 0;
  uint64_t report_due_ms_ = 0;
  uint64_t appended_ = 0;  // records

  Count written_{0};
  Count written_octets_{0};
  Count dropped_{0};
};

}  // namespace inlet53::querylog
