// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "line_file.h"
#include "line_queues.h"

#include "inlet53/linelog/line_logs.h"

namespace inlet53::linelog {

/// Writer of all queues. Threads: the writer thread's.
class LineWriter {
 public:
  LineWriter(std::shared_ptr<LineQueues> queues, LineLogs::Write write);

  /// Writes until the queues ask for the end. Then tries every file once more; gives up files that
  /// reject lines at once, and busy files when the time is over.
  void run();

 private:
  /// File of a log with the text that is being written to it.
  struct Output {
    std::shared_ptr<LineQueue> queue;
    LineFile file;
    std::string text{};            // whole lines
    size_t written = 0;            // bytes of it that are in the file
    size_t counted = 0;            // the same, in whole lines
    bool is_busy = false;          // the file accepts no more now
    uint64_t retry_due_ms = 0;     // after a failed write; 0: none failed
    bool refusal_is_news = false;  // the operator reopened the log: report a failure again
    uint64_t dropped_before = 0;   // lines, when the writes began to fail
    uint64_t give_up_due_ms = kNever;

    [[nodiscard]] bool has_text() const noexcept { return written < text.size(); }
  };

  void run_round();
  /// Returns true when there is more to do soon.
  bool serve(Output& output, uint64_t now_ms);
  /// Opens a file that is not open yet.
  void open_first(Output& output, uint64_t now_ms);
  void write_text(Output& output, uint64_t now_ms);
  void count_progress(Output& output);
  [[nodiscard]] Result<void, std::string> reopen(Output& output);
  void refuse(Output& output, std::string_view reason, uint64_t now_ms);
  void recover(Output& output);
  /// Gives the output up when its time is over. Returns true when there is nothing left to do.
  bool is_done(Output& output, uint64_t now_ms);
  void wait();

  static constexpr uint64_t kNever = UINT64_MAX;
  const std::shared_ptr<LineQueues> queues_;
  const LineLogs::Write write_;
  std::vector<Output> outputs_;
  bool is_active_ = false;  // there was text in this round
  bool is_ending_ = false;
  bool has_ended_ = false;
};

}  // namespace inlet53::linelog
