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
#include "log_stage.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/result.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::querylog {

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
