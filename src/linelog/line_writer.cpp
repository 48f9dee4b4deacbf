// SPDX-License-Identifier: Apache-2.0
#include "line_writer.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

#include <poll.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::linelog {

namespace {

constexpr int kNapMs = 100;  // time in which lines accumulate
constexpr int kEndingNapMs = 10;
constexpr uint64_t kRetryMs = 100;
constexpr uint64_t kReleasedMs = 10'000;  // limit for a released log whose file accepts nothing
constexpr int kForever = -1;

// Counts line ends. `find` compares many bytes at a time.
uint64_t count_lines(std::string_view text) noexcept {
  uint64_t lines = 0;
  for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n', end + 1)) ++lines;
  return lines;
}

}  // namespace

LineWriter::LineWriter(std::shared_ptr<LineQueues> queues, LineLogs::Write write)
    : queues_(std::move(queues)), write_(std::move(write)) {}

void LineWriter::run() {
  while (!has_ended_) {
    try {
      run_round();
      if (!has_ended_) wait();
    } catch (const std::exception& error) {  // no memory: the lines wait
      log_error(concat("logs: ", failure_text(error)));
      ::poll(nullptr, 0, kNapMs);
    }
  }
  queues_->writer_ended();
}

void LineWriter::run_round() {
  queues_->begin_round();
  for (NewLog& one : queues_->pop_new_logs()) {
    outputs_.push_back({.queue = std::move(one.queue), .file = std::move(one.file)});
  }
  const uint64_t now = read_clock().monotonic_ms;
  const auto end_due = queues_->end_due_ms();
  is_ending_ = end_due.has_value();
  is_active_ = false;
  for (Output& output : outputs_) {
    if (is_ending_) output.give_up_due_ms = std::min(output.give_up_due_ms, *end_due);
    if (serve(output, now)) is_active_ = true;
  }
  std::erase_if(outputs_, [&](Output& output) { return is_done(output, now); });
  has_ended_ = is_ending_ && outputs_.empty();
}

bool LineWriter::serve(Output& output, uint64_t now_ms) {
  const bool needs_text = !output.has_text();
  if (needs_text) output.written = output.counted = 0;
  const QueueState state = queues_->pop_text(*output.queue, needs_text ? &output.text : nullptr);
  if (state.is_released)
    output.give_up_due_ms = std::min(output.give_up_due_ms, now_ms + kReleasedMs);
  const bool had_text = output.has_text();
  const bool must_open = !output.file.is_open() && !output.queue->path.empty();
  if (must_open && (now_ms >= output.retry_due_ms || state.reopen)) open_first(output, now_ms);
  if (had_text && (now_ms >= output.retry_due_ms || state.reopen || is_ending_)) {
    write_text(output, now_ms);
  }
  if (state.reopen) {
    output.refusal_is_news = true;
    if (const auto opened = reopen(output); !opened) {
      log_error(concat(output.queue->path, ": cannot be opened again: ", opened.error()));
    }
    if (output.has_text()) write_text(output, now_ms);
  }
  const uint64_t unreported = queues_->pop_unreported(*output.queue, false);
  if (unreported > 0) {
    log_error(dropped_text(*output.queue, unreported, output.retry_due_ms != 0));
  }
  return had_text || must_open;
}

void LineWriter::open_first(Output& output, uint64_t now_ms) {
  const auto opened = reopen(output);
  if (!opened) return refuse(output, concat("it cannot be opened: ", opened.error()), now_ms);
  recover(output);
}

void LineWriter::write_text(Output& output, uint64_t now_ms) {
  // Lines in a deleted file have no reader.
  if (output.file.is_deleted()) {
    if (const auto opened = reopen(output); !opened) {
      return refuse(output, concat("it was deleted: ", opened.error()), now_ms);
    }
  }
  output.is_busy = false;
  while (output.has_text() && !output.is_busy) {
    const WriteStep step =
        output.file.write(std::string_view(output.text).substr(output.written), write_);
    if (step.error != 0) {
      return refuse(output, std::generic_category().message(step.error), now_ms);
    }
    output.is_busy = step.is_busy;
    output.written += step.bytes;
    if (step.bytes > 0) recover(output);
    count_progress(output);
  }
}

// Counts complete lines: after a reopening, the last line of the file is written again.
void LineWriter::count_progress(Output& output) {
  const std::string_view text(output.text);
  const size_t end = text.substr(0, output.written).rfind('\n');
  if (end == std::string_view::npos || end < output.counted) return;
  const std::string_view whole = text.substr(output.counted, end + 1 - output.counted);
  const uint64_t lines = count_lines(whole);
  output.counted = end + 1;
  queues_->count_written(*output.queue, whole.size(), lines);
}

// Continues the last line if the path still names the same file; otherwise repeats the whole line.
Result<void, std::string> LineWriter::reopen(Output& output) {
  if (output.queue->path.empty()) return {};
  auto file = LineFile::open(output.queue->path);
  if (!file) return Unexpected(file.error());
  if (file->is_same(output.file)) {
    file->continue_line();
  } else {
    output.written = output.counted;
  }
  output.file = std::move(*file);
  return {};
}

void LineWriter::refuse(Output& output, std::string_view reason, uint64_t now_ms) {
  output.retry_due_ms = now_ms + kRetryMs;
  const bool is_new = queues_->set_refused(*output.queue, true);
  if (is_new) output.dropped_before = queues_->dropped(*output.queue);
  if (!std::exchange(output.refusal_is_news, false) && !is_new) return;
  log_error(concat(output.queue->name, ": cannot be written, tried again every ", kRetryMs,
                   " ms: ", reason));
}

void LineWriter::recover(Output& output) {
  output.retry_due_ms = 0;
  if (!queues_->set_refused(*output.queue, false)) return;
  log_info(concat(output.queue->name, ": is written again; ",
                  queues_->dropped(*output.queue) - output.dropped_before,
                  " lines were dropped meanwhile"));
}

bool LineWriter::is_done(Output& output, uint64_t now_ms) {
  const bool waits = queues_->has_waiting(*output.queue);
  const bool may_end = is_ending_ || output.give_up_due_ms != kNever;
  if (!may_end) return false;
  const bool refuses = output.retry_due_ms != 0;
  if (waits && now_ms < output.give_up_due_ms && !(is_ending_ && refuses)) return false;
  queues_->drop_all(*output.queue);
  if (const uint64_t lines = queues_->pop_unreported(*output.queue, true); lines > 0) {
    log_error(dropped_text(*output.queue, lines, refuses));
  }
  return true;
}

void LineWriter::wait() {
  std::vector<pollfd> watched{{queues_->wake_descriptor(), POLLIN, 0}};
  for (const Output& output : outputs_) {
    if (output.is_busy) watched.push_back({output.file.descriptor(), POLLOUT, 0});
  }
  int timeout = is_ending_ ? kEndingNapMs : kNapMs;
  if (!is_active_ && !is_ending_) {
    queues_->begin_sleep();
    timeout = kForever;
  }
  ::poll(watched.data(), watched.size(), timeout);
}

}  // namespace inlet53::linelog
