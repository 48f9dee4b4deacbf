// SPDX-License-Identifier: Apache-2.0
#include "log_output.h"

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

#include "log_file.h"
#include "log_stage.h"

#include "inlet53/base/check.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::querylog {

namespace {

constexpr uint64_t kTailIntervalMs = 200;
constexpr uint64_t kRetryIntervalMs = 100;
constexpr uint64_t kRotationRetryMs = 60'000;
constexpr uint64_t kReportIntervalMs = 10'000;

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

Result<std::unique_ptr<LogOutput>, std::string> LogOutput::open(const settings::QueryLog& settings,
                                                                Now now) {
  auto file = LogFile::open(settings.file);
  if (!file) return Unexpected(concat("query log ", settings.file, ": ", file.error()));
  std::unique_ptr<LogOutput> output(new LogOutput(settings));
  output->adopt(std::move(*file), now);
  return output;
}

Records LogOutput::append(const Records& records, Now now) {
  size_t octets = 0;
  while (octets < records.octets.size()) {
    const std::string_view rest = records.octets.substr(octets);
    const size_t first = rest.find('\n') + 1;
    INLET53_CHECK(first > 0);
    if (first > stage_.room()) break;
    if (exceeds_rotation(first, now)) {
      rotate(now);
      if (refused_) break;
      continue;
    }
    const uint64_t most = std::min<uint64_t>(stage_.room(), octets_to_rotation(now));
    const size_t size = std::max(first, whole_lines(rest, static_cast<size_t>(most)));
    const bool all = size == records.octets.size();
    appended_ += all ? records.count : count_lines(rest.substr(0, size));
    stage_.append(rest.substr(0, size));
    octets += size;
    if (stage_.end_of_blocks() > stage_.written()) write(stage_.end_of_blocks(), now);
  }
  if (octets == records.octets.size()) return records;
  const std::string_view appended = records.octets.substr(0, octets);
  return {appended, count_lines(appended)};
}

void LogOutput::drop(const Records& records) noexcept {
  dropped_.fetch_add(records.count, std::memory_order_relaxed);
}

void LogOutput::tick(Now now) {
  if (period_is_over(now)) rotate(now);
  report_drops(now);
  if (now.monotonic_ms < tail_due_ms_ && !refused_) return;
  if (stage_.pending() || refused_) write(stage_.end(), now);
  tail_due_ms_ = now.monotonic_ms + kTailIntervalMs;
}

void LogOutput::reopen(Now now) {
  retry_due_ms_ = 0;
  if (!write(stage_.end(), now)) discard_torn_record();
  file_.reset();
  refusal_is_new_ = true;
  if (!open_file(now)) return;
  log_info(concat("query log ", settings_.file, ": opened anew"));
  retry_due_ms_ = 0;
  if (stage_.pending()) write(stage_.end(), now);
}

void LogOutput::close(Now now) {
  retry_due_ms_ = 0;
  if (!write(stage_.end(), now)) {
    discard_torn_record();
    dropped_.fetch_add(stage_.pending_records(), std::memory_order_relaxed);
    log_error(concat("query log ", settings_.file, ": closed while it can't be written; ",
                     dropped() - dropped_before_refusal_, " records were dropped"));
  }
  file_.reset();
}

void LogOutput::adopt(LogFile file, Now now) {
  const bool fresh = file.opened_size() == 0;
  file_period_ = period(fresh ? now.wall_seconds : file.opened_modified());
  stage_.restart(file.opened_size());
  file_.emplace(std::move(file));
}

bool LogOutput::open_file(Now now) {
  auto file = LogFile::open(settings_.file);
  if (!file) {
    refuse(file.error(), now);
    return false;
  }
  adopt(std::move(*file), now);
  return true;
}

// Writes up to file offset `until`, or everything after a failed write. Returns false when the
// write fails or it is too early for a retry.
bool LogOutput::write(uint64_t until, Now now) {
  if (refused_ && now.monotonic_ms < retry_due_ms_) return false;
  if (!file_ && !open_file(now)) return false;
  const int error = stage_.write(*file_, refused_ ? stage_.end() : until);
  publish_counts(error != 0);
  if (error != 0) {
    refuse(reason(error), now);
    return false;
  }
  recover();
  return true;
}

// Truncates the file, which is about to be closed, after its last complete line.
void LogOutput::discard_torn_record() noexcept {
  if (!file_) return;
  stage_.discard_torn_record();
  file_->truncate(stage_.written());
  publish_counts(true);
}

void LogOutput::rotate(Now now) {
  if (!write(stage_.end(), now)) return;
  // If the file was renamed already, its path now names another file, which stays as it is.
  if (file_->is_at(settings_.file)) {
    const auto moved = move_aside(settings_.file, now.wall_seconds);
    if (!moved) {
      rotation_due_ms_ = now.monotonic_ms + kRotationRetryMs;
      log_error(concat("query log ", settings_.file, ": can't be rotated: ", reason(moved.error()),
                       "; it grows on"));
      return;
    }
    if (settings_.keep_files > 0) remove_oldest(settings_.file, settings_.keep_files);
  }
  file_.reset();
  static_cast<void>(open_file(now));
}

bool LogOutput::may_rotate(Now now) const noexcept {
  return file_ && now.monotonic_ms >= rotation_due_ms_;
}

bool LogOutput::exceeds_rotation(size_t size, Now now) const noexcept {
  return stage_.end() > 0 && size > octets_to_rotation(now);
}

uint64_t LogOutput::octets_to_rotation(Now now) const noexcept {
  const uint64_t limit = settings_.rotate_octets;
  if (limit == 0 || !may_rotate(now)) return std::numeric_limits<uint64_t>::max();
  return limit - std::min(limit, stage_.end());
}

bool LogOutput::period_is_over(Now now) noexcept {
  if (settings_.rotate_seconds == 0 || !may_rotate(now)) return false;
  const int64_t current = period(now.wall_seconds);
  // A period before the file's: the clock was set back.
  if (stage_.end() == 0 || current < file_period_) file_period_ = current;
  return current > file_period_;
}

int64_t LogOutput::period(int64_t wall_seconds) const noexcept {
  return settings_.rotate_seconds == 0 ? 0 : wall_seconds / settings_.rotate_seconds;
}

void LogOutput::refuse(std::string_view why, Now now) {
  retry_due_ms_ = now.monotonic_ms + kRetryIntervalMs;
  if (!std::exchange(refused_, true)) dropped_before_refusal_ = dropped();
  if (!std::exchange(refusal_is_new_, false)) return;
  const bool drops = settings_.when_full == settings::WhenFull::Drop;
  log_error(concat("query log ", settings_.file, ": can't be written: ", why,
                   drops ? "; records that find no room in memory are dropped until it can"
                         : "; workers that find no room in memory wait until it can"));
}

void LogOutput::recover() {
  if (!refused_) return;
  refused_ = false;
  refusal_is_new_ = true;
  drops_reported_ = dropped();
  log_warning(concat("query log ", settings_.file, ": is written again; ",
                     dropped() - dropped_before_refusal_, " records were dropped"));
}

void LogOutput::report_drops(Now now) {
  const uint64_t total = dropped();
  if (total == drops_reported_ || now.monotonic_ms < report_due_ms_) return;
  log_error(concat("query log ", settings_.file, ": ", total - drops_reported_,
                   " records were dropped: the file can't be written"));
  drops_reported_ = total;
  report_due_ms_ = now.monotonic_ms + kReportIntervalMs;
}

void LogOutput::publish_counts(bool exactly) noexcept {
  written_octets_.store(stage_.written_octets(), std::memory_order_relaxed);
  if (!exactly && stage_.pending()) return;
  written_.store(appended_ - stage_.pending_records(), std::memory_order_relaxed);
}

}  // namespace inlet53::querylog
