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

/// Writes the lines of all queues. Threads: the writer thread's.
class LineWriter {
 public:
  LineWriter(std::shared_ptr<LineQueues> queues, LineLogs::Write write);

  /// Writes until the queues ask for the end. Then tries everything once more, gives up files that
  /// refuse at once, and files that are busy when the time is over.
  void run();

 private:
  /// A log's file with the text that is on its way to it.
  struct Output {
    std::shared_ptr<LineQueue> queue;
    LineFile file;
    std::string text{};            // whole lines
    size_t written = 0;            // bytes of it that the file has
    size_t counted = 0;            // the same, in whole lines
    bool is_busy = false;          // the file takes no more now
    uint64_t retry_due_ms = 0;     // of a file that refused; 0: it did not
    bool refusal_is_news = false;  // the operator asks again
    uint64_t dropped_before = 0;   // lines, when the file began to refuse
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
  /// Gives the output up when its time is over. Returns true when nothing is left to do.
  bool is_done(Output& output, uint64_t now_ms);
  void wait();

  static constexpr uint64_t kNever = UINT64_MAX;
  const std::shared_ptr<LineQueues> queues_;
  const LineLogs::Write write_;
  std::vector<Output> outputs_;
  bool is_active_ = false;  // in this round there was text
  bool is_ending_ = false;
  bool has_ended_ = false;
};

}  // namespace inlet53::linelog
