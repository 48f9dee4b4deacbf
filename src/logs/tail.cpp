// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/tail.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <poll.h>
#include <unistd.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/logs/log_reader.h"
#include "inlet53/logs/log_record.h"

namespace inlet53::logs {

namespace {

constexpr std::array<std::string_view, 8> kTitles = {"TIME", "CLIENT", "VIA",       "NAME",
                                                     "TYPE", "RCODE",  "INTERFACE", "ANSWERS"};

// ANSI select graphic rendition (ECMA-48 §8.3.117).
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "";
constexpr std::string_view kReset = "\x1b[0m";

std::string_view rcode_style(std::string_view rcode) {
  if (rcode == "NOERROR") return kGreen;
  return rcode == "NXDOMAIN" ? kYellow : kRed;
}

std::string_view source_id(const LogRecord& record) {
  if (!record.resolver_network_interface.empty()) return record.resolver_network_interface;
  return record.instance.empty() ? "-" : record.instance;
}

// Returns the RDATA of an answer; for a type other than the query's, the type comes first.
std::string answer_text(const LogAnswer& answer, std::string_view query_type) {
  const std::string rdata = printable(answer.rdata);
  return answer.type == query_type ? rdata : concat(printable(answer.type), ' ', rdata);
}

std::string answers_text(const LogRecord& record) {
  if (record.answers.empty()) return "-";
  std::string out;
  size_t shown = 0;
  for (const LogAnswer& answer : record.answers) {
    const std::string text =
        shorten(answer_text(answer, record.query_type), TableFormatter::kMaxCell);
    if (shown > 0 && out.size() + 2 + text.size() > TableFormatter::kMaxAnswers) break;
    out += concat(shown == 0 ? "" : ", ", text);
    ++shown;
  }
  const size_t left = record.answers.size() - shown;
  return left == 0 ? out : concat(out, ", +", left);
}

// Returns `BLOCK rslvr-fdl-…` for a query that a DNS Firewall rule matched; otherwise empty.
std::string firewall_text(const LogRecord& record) {
  if (record.firewall_rule_action.empty()) return {};
  return concat(printable(record.firewall_rule_action), ' ',
                shorten(printable(record.firewall_domain_list_id), TableFormatter::kMaxCell));
}

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

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      out += c;
      continue;
    }
    const auto octet = static_cast<uint8_t>(c);
    out += '\\';
    for (const int unit : {100, 10, 1}) out += static_cast<char>('0' + octet / unit % 10);
  }
  return out;
}

std::string shorten(std::string_view text, size_t limit) {
  constexpr std::string_view kGap = "...";
  if (text.size() <= limit) return std::string(text);
  const size_t head = (limit - kGap.size()) / 2;
  const size_t tail = limit - kGap.size() - head;
  return concat(text.substr(0, head), kGap, text.substr(text.size() - tail));
}

void TableFormatter::append_styled(std::string_view text, std::string_view style,
                                   std::string& out) const {
  const bool styled = color_ && !style.empty();
  if (styled) out += style;
  out += text;
  if (styled) out += kReset;
}

void TableFormatter::append_cell(size_t column, std::string_view text, std::string_view style,
                                 std::string& out) {
  const std::string cell = shorten(printable(text), kMaxCell);
  widths_[column] = std::max(widths_[column], cell.size());
  append_styled(cell, style, out);
  out.append(widths_[column] - cell.size() + 2, ' ');
}

void TableFormatter::append_header(std::string& out) {
  for (size_t i = 0; i < widths_.size(); ++i) append_cell(i, kTitles[i], kBold, out);
  append_styled(kTitles.back(), kBold, out);
  out += '\n';
}

void TableFormatter::append_row(const LogRecord& record, std::string& out) {
  append_cell(0, record.query_timestamp, kDim, out);
  append_cell(1, record.srcaddr, kPlain, out);
  append_cell(2, record.transport, kDim, out);
  append_cell(3, record.query_name, kBold, out);
  append_cell(4, record.query_type, kPlain, out);
  append_cell(5, record.rcode, rcode_style(record.rcode), out);
  append_cell(6, source_id(record), kDim, out);
  append_styled(answers_text(record), kPlain, out);
  if (const std::string firewall = firewall_text(record); !firewall.empty()) {
    out += "  ";
    append_styled(firewall, record.firewall_rule_action == "BLOCK" ? kRed : kYellow, out);
  }
  out += '\n';
}

Result<TailCounts, std::string> run_tail(const TailOptions& options, int out,
                                         const std::atomic<bool>& stop) {
  return Tail(options, out, stop).run();
}

}  // namespace inlet53::logs
