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

/// The log as the writer thread sees it: takes records in order and gets them into the right file,
/// with rotation, reopening and a disk that refuses. It has no thread and no clock of its own.
/// Threads: one; the counts any.
class LogOutput {
 public:
  /// Opens the file of `settings`. Errors: as `QueryLog::open`.
  [[nodiscard]] static Result<std::unique_ptr<LogOutput>, std::string> open(
      const settings::QueryLog& settings, Now now);

  /// Takes records and writes full blocks. Returns those it took, the first; the rest, while the
  /// disk refuses, has no room.
  [[nodiscard]] Records take(const Records& records, Now now);

  /// Counts records as refused by the disk.
  void drop(const Records& records) noexcept;

  /// Does what is due: writes what is no whole block yet (every 200 ms), tries a disk that refused
  /// again (every 100 ms), rotates by time. To be called at least every 100 ms.
  void tick(Now now);

  /// Closes the file and opens its name anew.
  void reopen(Now now);

  /// Writes out everything and closes the file; what the disk refuses is counted as dropped.
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
  void leave_torn_record_out() noexcept;

  void rotate(Now now);
  [[nodiscard]] bool may_rotate(Now now) const noexcept;
  [[nodiscard]] bool exceeds_rotation(size_t size, Now now) const noexcept;
  [[nodiscard]] uint64_t octets_to_rotation(Now now) const noexcept;
  [[nodiscard]] bool period_is_over(Now now) noexcept;
  [[nodiscard]] int64_t period(int64_t wall_seconds) const noexcept;

  void refuse(std::string_view why, Now now);
  void recover();
  void report_drops(Now now);
  // `exactly`: even if lines have to be counted for it.
  void publish_counts(bool exactly) noexcept;

  const settings::QueryLog settings_;
  LogStage stage_;
  std::optional<LogFile> file_;
  int64_t file_period_ = 0;  // the number, since 1970, of the rotation period of the file's end

  // Monotonic milliseconds.
  uint64_t tail_due_ms_ = 0;
  uint64_t retry_due_ms_ = 0;
  uint64_t rotation_due_ms_ = 0;  // after one that failed

  bool refused_ = false;         // the last write or opening failed
  bool refusal_is_news_ = true;  // it was not said, or the operator asks again
  uint64_t dropped_before_refusal_ = 0;
  uint64_t drops_reported_ = 0;
  uint64_t report_due_ms_ = 0;
  uint64_t taken_ = 0;  // records

  Count written_{0};
  Count written_octets_{0};
  Count dropped_{0};
};

}  // namespace inlet53::querylog
