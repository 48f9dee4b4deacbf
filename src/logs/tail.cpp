// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/tail.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <poll.h>
#include <unistd.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/logs/log_reader.h"
#include "inlet53/logs/log_record.h"
#include "inlet53/logs/table.h"

namespace inlet53::logs {

namespace {

// Ten checks per second are fast enough for a reader and cost little. inotify would not replace
// them, because it misses rotation on some file systems.
constexpr int kLookMs = 100;
constexpr size_t kFlushSize = size_t{64} << 10;
// Maximum number of broken lines in the operator log; further ones are only counted.
constexpr uint64_t kMaxNamed = 20;

using Outcome = Result<void, std::string>;

// Buffers text for a descriptor.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}

  std::string& text() { return text_; }
  // Returns true when the reader has closed the descriptor.
  [[nodiscard]] bool closed() const { return closed_; }

  Outcome flush(const std::atomic<bool>& stop) {
    std::string_view left = text_;
    while (!left.empty() && !closed_ && !stop) {
      const ssize_t written = write(fd_, left.data(), left.size());
      if (written >= 0) {
        left.remove_prefix(static_cast<size_t>(written));
      } else if (errno == EPIPE) {
        closed_ = true;
      } else if (errno == EAGAIN) {
        wait(POLLOUT);
      } else if (errno != EINTR) {
        return Unexpected(concat("the output can't be written: ", std::strerror(errno)));
      }
    }
    text_.clear();
    return {};
  }

  // Waits for a signal, for `events`, for the reader to close, or for kLookMs.
  void wait(short events) {
    pollfd watched{fd_, events, 0};
    if (poll(&watched, 1, kLookMs) > 0 && (watched.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
      closed_ = true;
    }
  }

 private:
  int fd_;
  std::string text_;
  bool closed_ = false;
};

class Tail {
 public:
  Tail(const TailOptions& options, int out, const std::atomic<bool>& stop)
      : options_(options),
        stop_(stop),
        reader_(options.file),
        output_(out),
        table_(options.color) {}

  Result<TailCounts, std::string> run() {
    if (options_.format == TailFormat::Table) table_.append_header(output_.text());
    if (auto opened = open(); !opened) return Unexpected(opened.error());
    while (!ended()) {
      if (auto shown = show_available(); !shown) return Unexpected(shown.error());
      if (!options_.follow) break;
      if (!ended()) output_.wait(0);
    }
    if (counts_.broken > kMaxNamed) {
      log_warning(
          concat(options_.file, ": ", counts_.broken - kMaxNamed, " more lines are no records"));
    }
    return counts_;
  }

 private:
  [[nodiscard]] bool ended() const { return stop_ || output_.closed(); }

  Outcome open() {
    const auto opened = reader_.open();
    if (!opened) return Unexpected(opened.error());
    if (*opened) return seek();
    const std::string complaint = concat(options_.file, ": there is no such file");
    if (!options_.follow) return Unexpected(complaint);
    log_warning(concat(complaint, " yet"));
    return {};
  }

  Outcome seek() {
    if (options_.records == kAllRecords) return {};
    return reader_.seek_last(options_.records, [this](std::string_view line) {
      // `stop` also ends a long search.
      if (stop_) return true;
      const auto record = parser_.parse(line);
      return record && options_.filter.matches(**record);
    });
  }

  Outcome show_available() {
    while (!ended()) {
      const auto line = reader_.next();
      if (!line) return Unexpected(line.error());
      if (!*line) break;
      show(**line);
      if (output_.text().size() < kFlushSize) continue;
      if (auto flushed = output_.flush(stop_); !flushed) return flushed;
    }
    return output_.flush(stop_);
  }

  void show(const LogLine& line) {
    const auto record = parser_.parse(line.text);
    if (!record) return count_broken(line, record.error());
    if (!options_.filter.matches(**record)) return;
    ++counts_.shown;
    if (options_.format == TailFormat::Table) {
      table_.append_row(**record, output_.text());
    } else {
      output_.text().append(line.text).push_back('\n');
    }
  }

  void count_broken(const LogLine& line, std::string_view complaint) {
    if (++counts_.broken > kMaxNamed) return;
    log_warning(concat(options_.file, ':', reader_.line_number(line.offset),
                       ": the line is no record: ", complaint));
  }

  const TailOptions& options_;
  const std::atomic<bool>& stop_;
  LogReader reader_;
  RecordParser parser_;
  Output output_;
  TableFormatter table_;
  TailCounts counts_;
};

}  // namespace

Result<TailCounts, std::string> run_tail(const TailOptions& options, int out,
                                         const std::atomic<bool>& stop) {
  return Tail(options, out, stop).run();
}

}  // namespace inlet53::logs
