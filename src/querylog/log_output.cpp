// SPDX-License-Identifier: Apache-2.0
#include "log_output.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "inlet53/base/check.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/querylog/query_log.h"

namespace inlet53::querylog {

namespace {

using Octets = uint8_t __attribute__((vector_size(16)));

// Copies like memcpy, which may use slow `rep movs` above some KiB.
void copy_octets(char* out, const char* in, size_t size) noexcept {
  constexpr size_t kStep = 4 * sizeof(Octets);
  for (; size >= kStep; size -= kStep, in += kStep, out += kStep) {
    Octets a, b, c, d;
    std::memcpy(&a, in, sizeof a);
    std::memcpy(&b, in + sizeof a, sizeof b);
    std::memcpy(&c, in + 2 * sizeof a, sizeof c);
    std::memcpy(&d, in + 3 * sizeof a, sizeof d);
    std::memcpy(out, &a, sizeof a);
    std::memcpy(out + sizeof a, &b, sizeof b);
    std::memcpy(out + 2 * sizeof a, &c, sizeof c);
    std::memcpy(out + 3 * sizeof a, &d, sizeof d);
  }
  std::memcpy(out, in, size);
}

constexpr uint64_t kTailIntervalMs = 200;
constexpr uint64_t kRetryIntervalMs = 100;
constexpr uint64_t kRotationRetryMs = 60'000;
constexpr uint64_t kReportIntervalMs = 10'000;

}  // namespace

size_t count_lines(std::string_view text) noexcept {
  // memchr is vectorised for every target CPU, std::count is not: memchr is 5 times as fast.
  size_t lines = 0;
  while (!text.empty()) {
    const void* end = std::memchr(text.data(), '\n', text.size());
    if (end == nullptr) break;
    ++lines;
    text.remove_prefix(static_cast<size_t>(static_cast<const char*>(end) - text.data()) + 1);
  }
  return lines;
}

size_t whole_lines(std::string_view text, size_t limit) noexcept {
  // npos + 1 is 0: no line end, no line.
  return text.substr(0, limit).rfind('\n') + 1;
}

// A whole buffer fits after the rest of a block, and the window keeps all of a record that a failed
// write cut in two in addition to the maximum of pending bytes.
static_assert(LogStage::kBlock >= kBufferSize);

void LogStage::append(std::string_view records) noexcept {
  INLET53_CHECK(records.size() <= room());
  copy_in(records);
}

void LogStage::copy_in(std::string_view records) noexcept {
  while (!records.empty()) {
    const size_t at = end_ % kWindow;
    const size_t size = std::min(records.size(), kWindow - at);
    copy_octets(window_.data() + at, records.data(), size);
    records.remove_prefix(size);
    end_ += size;
  }
}

int LogStage::write(LogFile& file, uint64_t until) noexcept {
  while (written_ < until) {
    const std::string_view next = piece(written_, until);
    const auto wrote = file.write(next, written_);
    if (!wrote) return wrote.error();
    written_ += *wrote;
    written_octets_ += *wrote;
  }
  return 0;
}

void LogStage::discard_torn_record() noexcept {
  const uint64_t oldest = end_ < kWindow ? 0 : end_ - kWindow;
  const uint64_t from = std::max(start_, oldest);
  uint64_t edge = written_;
  while (edge > from && window_.data()[(edge - 1) % kWindow] != '\n') --edge;
  written_octets_ -= written_ - edge;
  written_ = edge;
}

void LogStage::restart(uint64_t offset) {
  std::string unwritten;
  while (written_ < end_) {
    const std::string_view next = piece(written_, end_);
    unwritten += next;
    written_ += next.size();
  }
  start_ = written_ = end_ = offset;
  copy_in(unwritten);
}

uint64_t LogStage::pending_records() const noexcept {
  uint64_t records = 0;
  for (uint64_t from = written_; from < end_;) {
    const std::string_view next = piece(from, end_);
    records += count_lines(next);
    from += next.size();
  }
  return records;
}

// Returns the bytes from file offset `from` on that are contiguous in the window.
std::string_view LogStage::piece(uint64_t from, uint64_t to) const noexcept {
  const size_t at = from % kWindow;
  return {window_.data() + at, std::min<size_t>(static_cast<size_t>(to - from), kWindow - at)};
}

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
    refuse(errno_text(error), now);
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
      log_error(concat("query log ", settings_.file,
                       ": can't be rotated: ", errno_text(moved.error()), "; it grows on"));
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
