// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "line_file.h"

#include "inlet53/linelog/line_logs.h"

namespace inlet53::linelog {

/// Waiting lines of one log. `name` and `path` never change; the lock of LineQueues protects the
/// other fields.
struct LineQueue {
  LineQueue(std::string given_name, std::string given_path)
      : name(std::move(given_name)), path(std::move(given_path)) {}

  const std::string name;  // for reports
  const std::string path;  // empty: an adopted descriptor

  std::string text;            // lines that the writer has not popped, each with its line end
  size_t waiting_bytes = 0;    // includes lines that the writer has popped and not written
  uint64_t waiting_lines = 0;  // the same
  bool is_released = false;    // no owner is left
  bool reopen_asked = false;
  bool is_refused = false;  // the file cannot be written
  uint64_t dropped = 0;     // lines, since the start
  uint64_t reported = 0;    // of them
  uint64_t report_due_ms = 0;
};

/// New queue with its file, for the writer.
struct NewLog {
  std::shared_ptr<LineQueue> queue;
  LineFile file;
};

/// State of one queue for the writer.
struct QueueState {
  bool reopen = false;       // after the text that the writer has
  bool is_released = false;  // no line follows
};

/// Queues of all logs. They limit the waiting bytes, count every line and wake the writer.
/// Threads: any.
class LineQueues {
 public:
  explicit LineQueues(size_t max_waiting);
  ~LineQueues();
  LineQueues(const LineQueues&) = delete;
  LineQueues& operator=(const LineQueues&) = delete;

  //--- The owners' side
  void set_max_waiting(size_t bytes);
  void add(std::shared_ptr<LineQueue> queue, LineFile file);
  /// Adds a line, or counts and reports it as dropped.
  void append(LineQueue& queue, std::string_view line);
  void release(LineQueue& queue);
  void ask_reopen();
  [[nodiscard]] LineCounts counts() const;

  //--- The end
  /// Makes the writer end within `limit`, and waits a little longer. Returns false when it has not
  /// ended; the counts are final then, even if it still writes.
  [[nodiscard]] bool end_writer(std::chrono::milliseconds limit);
  /// Returns when the writer must end, in monotonic milliseconds; absent: not yet.
  [[nodiscard]] std::optional<uint64_t> end_due_ms() const;
  /// Notes that the writer has ended. Counts lines that still wait as dropped.
  void writer_ended();

  //--- The writer's side
  [[nodiscard]] std::vector<NewLog> pop_new_logs();
  /// Moves the waiting lines into `text`, unless it is null.
  [[nodiscard]] QueueState pop_text(LineQueue& queue, std::string* text);
  [[nodiscard]] bool has_waiting(const LineQueue& queue) const;
  void count_written(LineQueue& queue, size_t bytes, uint64_t lines);
  /// Drops all lines that wait in a queue.
  void drop_all(LineQueue& queue);
  /// Returns true when the state changed.
  bool set_refused(LineQueue& queue, bool is_refused);
  /// Returns the number of dropped lines that are not reported yet. Returns 0 before the next
  /// report is due, unless it is the `last`.
  [[nodiscard]] uint64_t pop_unreported(LineQueue& queue, bool last);
  [[nodiscard]] uint64_t dropped(const LineQueue& queue) const;

  /// Returns the descriptor that becomes readable when there is work.
  [[nodiscard]] int wake_descriptor() const noexcept { return wake_descriptor_; }
  /// Clears the descriptor. Lines from now on wake the writer only when they are many.
  void begin_round();
  /// Lets each line from now on wake the writer. Wakes it at once if lines already wait.
  void begin_sleep();

 private:
  void wake();
  void wake_if_needed();
  [[nodiscard]] bool has_room(const LineQueue& queue, size_t bytes) const noexcept;

  const int wake_descriptor_;
  mutable std::mutex mutex_;
  size_t max_waiting_;  // bytes
  std::condition_variable ended_;
  std::vector<std::shared_ptr<LineQueue>> queues_;  // that are not released
  std::vector<NewLog> new_;
  LineCounts counts_;
  size_t waiting_bytes_ = 0;
  size_t appended_bytes_ = 0;  // since the round began
  bool must_wake_ = false;     // the writer sleeps without a timeout
  bool is_woken_ = false;      // since the round began
  std::optional<uint64_t> end_due_ms_;
  bool has_ended_ = false;
};

/// `PATH: 3 lines dropped: …`.
[[nodiscard]] std::string dropped_text(const LineQueue& queue, uint64_t lines, bool is_refused);

}  // namespace inlet53::linelog
