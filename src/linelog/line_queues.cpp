// SPDX-License-Identifier: Apache-2.0
#include "line_queues.h"

#include <algorithm>

#include <sys/eventfd.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::linelog {

namespace {

constexpr size_t kWakeBytes = size_t{256} << 10;  // waiting bytes that wake the writer early
constexpr uint64_t kReportIntervalMs = 10'000;
constexpr size_t kKeptBytes = size_t{1} << 20;       // capacity of an empty text; more is freed
constexpr std::chrono::milliseconds kEndGrace{300};  // for the work after the last write
constexpr size_t kShareOfOneLog = 4;  // one log may use a quarter of all waiting bytes

int make_event() {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  require_system(descriptor >= 0, "cannot make an event descriptor");
  return descriptor;
}

// Appends a line. A line end within it becomes a space.
void append_one_line(std::string& text, std::string_view line) {
  const size_t start = text.size();
  text += line;
  for (size_t end = text.find('\n', start); end != std::string::npos; end = text.find('\n', end)) {
    text[end] = ' ';
  }
  text += '\n';
}

}  // namespace

LineQueues::LineQueues(size_t max_waiting)
    : wake_descriptor_(make_event()), max_waiting_(max_waiting) {}

LineQueues::~LineQueues() { ::close(wake_descriptor_); }

//--- The owners' side

void LineQueues::set_max_waiting(size_t bytes) {
  const std::lock_guard lock(mutex_);
  max_waiting_ = bytes;
}

void LineQueues::add(std::shared_ptr<LineQueue> queue, LineFile file) {
  const std::lock_guard lock(mutex_);
  queues_.push_back(queue);
  new_.push_back({std::move(queue), std::move(file)});
  wake();
}

void LineQueues::append(LineQueue& queue, std::string_view line) {
  uint64_t unreported = 0;
  bool is_refused = false;
  {
    const std::lock_guard lock(mutex_);
    const size_t bytes = line.size() + 1;
    if (!has_ended_ && has_room(queue, bytes)) {
      append_one_line(queue.text, line);
      queue.waiting_bytes += bytes;
      ++queue.waiting_lines;
      waiting_bytes_ += bytes;
      appended_bytes_ += bytes;
      ++counts_.waiting;
      return wake_if_needed();
    }
    is_refused = queue.is_refused || has_ended_;
    ++(is_refused ? counts_.dropped_disk : counts_.dropped_full);
    ++queue.dropped;
    const uint64_t now = read_clock().monotonic_ms;
    if (now < queue.report_due_ms) return;
    queue.report_due_ms = now + kReportIntervalMs;
    unreported = queue.dropped - std::exchange(queue.reported, queue.dropped);
  }
  log_error(dropped_text(queue, unreported, is_refused));
}

void LineQueues::release(LineQueue& queue) {
  const std::lock_guard lock(mutex_);
  queue.is_released = true;
  std::erase_if(queues_, [&](const auto& one) { return one.get() == &queue; });
  wake();
}

void LineQueues::ask_reopen() {
  const std::lock_guard lock(mutex_);
  for (const auto& queue : queues_) queue->reopen_asked = true;
  wake();
}

LineCounts LineQueues::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool LineQueues::has_room(const LineQueue& queue, size_t bytes) const noexcept {
  return queue.waiting_bytes + bytes <= max_waiting_ / kShareOfOneLog &&
         waiting_bytes_ + bytes <= max_waiting_;
}

void LineQueues::wake_if_needed() {
  if (must_wake_ || appended_bytes_ >= kWakeBytes) wake();
}

void LineQueues::wake() {
  if (std::exchange(is_woken_, true)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof one);
}

//--- The end

bool LineQueues::end_writer(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  end_due_ms_ = read_clock().monotonic_ms + static_cast<uint64_t>(limit.count());
  wake();
  if (ended_.wait_for(lock, limit + kEndGrace, [this] { return has_ended_; })) return true;
  has_ended_ = true;
  const uint64_t left = std::exchange(counts_.waiting, 0);
  counts_.dropped_disk += left;
  lock.unlock();
  log_error(concat("logs: ", left, " lines dropped: a write does not return"));
  return false;
}

std::optional<uint64_t> LineQueues::end_due_ms() const {
  const std::lock_guard lock(mutex_);
  return end_due_ms_;
}

void LineQueues::writer_ended() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  counts_.dropped_disk += std::exchange(counts_.waiting, 0);
  ended_.notify_all();
}

//--- The writer's side

std::vector<NewLog> LineQueues::pop_new_logs() {
  const std::lock_guard lock(mutex_);
  return std::exchange(new_, {});
}

QueueState LineQueues::pop_text(LineQueue& queue, std::string* text) {
  const std::lock_guard lock(mutex_);
  if (text != nullptr) {
    text->clear();
    if (text->capacity() > kKeptBytes) text->shrink_to_fit();
    text->swap(queue.text);
  }
  return {.reopen = std::exchange(queue.reopen_asked, false), .is_released = queue.is_released};
}

bool LineQueues::has_waiting(const LineQueue& queue) const {
  const std::lock_guard lock(mutex_);
  return queue.waiting_lines > 0;
}

void LineQueues::count_written(LineQueue& queue, size_t bytes, uint64_t lines) {
  const std::lock_guard lock(mutex_);
  queue.waiting_bytes -= bytes;
  queue.waiting_lines -= lines;
  waiting_bytes_ -= bytes;
  if (has_ended_) return;
  counts_.written += lines;
  counts_.waiting -= lines;
}

void LineQueues::drop_all(LineQueue& queue) {
  const std::lock_guard lock(mutex_);
  queue.text.clear();
  waiting_bytes_ -= std::exchange(queue.waiting_bytes, 0);
  const uint64_t lines = std::exchange(queue.waiting_lines, 0);
  queue.dropped += lines;
  if (!has_ended_) {
    counts_.dropped_disk += lines;
    counts_.waiting -= lines;
  }
}

bool LineQueues::set_refused(LineQueue& queue, bool is_refused) {
  const std::lock_guard lock(mutex_);
  return std::exchange(queue.is_refused, is_refused) != is_refused;
}

uint64_t LineQueues::pop_unreported(LineQueue& queue, bool last) {
  const std::lock_guard lock(mutex_);
  if (queue.dropped == queue.reported) return 0;
  const uint64_t now = read_clock().monotonic_ms;
  if (now < queue.report_due_ms && !last) return 0;
  queue.report_due_ms = now + kReportIntervalMs;
  return queue.dropped - std::exchange(queue.reported, queue.dropped);
}

uint64_t LineQueues::dropped(const LineQueue& queue) const {
  const std::lock_guard lock(mutex_);
  return queue.dropped;
}

void LineQueues::begin_round() {
  const std::lock_guard lock(mutex_);
  uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_descriptor_, &ignored, sizeof ignored);
  is_woken_ = false;
  must_wake_ = false;
  appended_bytes_ = 0;
}

void LineQueues::begin_sleep() {
  const std::lock_guard lock(mutex_);
  must_wake_ = true;
  if (std::any_of(queues_.begin(), queues_.end(),
                  [](const auto& queue) { return !queue->text.empty(); })) {
    wake();
  }
}

std::string dropped_text(const LineQueue& queue, uint64_t lines, bool is_refused) {
  return concat(queue.name, ": ", lines, lines == 1 ? " line" : " lines", " dropped: ",
                is_refused ? "the file cannot be written, and no more lines can wait"
                           : "the file takes lines too slowly, and no more can wait");
}

}  // namespace inlet53::linelog
