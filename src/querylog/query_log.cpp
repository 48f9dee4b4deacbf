// SPDX-License-Identifier: Apache-2.0
#include "inlet53/querylog/query_log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "buffer_ring.h"
#include "log_output.h"
#include <pthread.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/result.h"
#include "inlet53/base/text.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::querylog {

namespace {

constexpr std::chrono::milliseconds kShortestNap{2};
constexpr std::chrono::milliseconds kLongestNap{100};
constexpr uint64_t kRingDropsIntervalMs = 10'000;

// The thread with a loop handles signals. If the file size is limited (ulimit -f), a blocked
// SIGXFSZ makes write(2) return an error.
void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

// Returns the part of `all` after `first`. Requires: `all` starts with `first`.
Records without(const Records& all, const Records& first) noexcept {
  return {all.octets.substr(first.octets.size()), all.count - first.count};
}

}  // namespace

/// Writer thread: writes the workers' rings to the log.
///
/// It polls the rings, more often when they are fuller, so that workers need no system call to wake
/// it. A ring that is half full wakes it at once. Threads: `reopen`, `stop_waiting`, `counts` any;
/// each ring its worker; the rest one.
class LogWriter {
 public:
  /// Opens the file and starts the thread. Errors: as `QueryLog::open`.
  [[nodiscard]] static Result<std::unique_ptr<LogWriter>, std::string> start(
      const settings::QueryLog& settings, size_t workers);

  /// Calls `stop`.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Writes the rest of the rings, closes the file and ends the thread. A second call does nothing.
  void stop() noexcept;

  /// Returns the ring of worker `index`. Lifetime: this object's.
  [[nodiscard]] BufferRing& ring(size_t index) noexcept { return *rings_[index]; }

  void reopen() noexcept;
  void stop_waiting() noexcept;
  [[nodiscard]] QueryLogCounts counts() const noexcept;

 private:
  using Milliseconds = std::chrono::milliseconds;

  LogWriter(const settings::QueryLog& settings, size_t workers, std::unique_ptr<LogOutput> output);

  void run();
  void finish();
  [[nodiscard]] size_t drain(BufferRing& ring);
  void adapt_nap(size_t fullest);
  void report_ring_drops(Now now);
  [[nodiscard]] uint64_t dropped_ring() const noexcept;

  const settings::QueryLog settings_;
  std::unique_ptr<LogOutput> output_;
  Doorbell bell_;
  std::vector<std::unique_ptr<BufferRing>> rings_;
  std::atomic<bool> reopen_asked_{false};
  std::atomic<bool> end_asked_{false};

  // Members of the writer thread.
  Milliseconds nap_;
  uint64_t ring_drops_reported_ = 0;
  uint64_t ring_drops_due_ms_ = 0;

  std::thread thread_;  // last member: uses all others
};

Result<std::unique_ptr<LogWriter>, std::string> LogWriter::start(const settings::QueryLog& settings,
                                                                 size_t workers) {
  auto output = LogOutput::open(settings, read_clock());
  if (!output) return Unexpected(output.error());
  return std::unique_ptr<LogWriter>(new LogWriter(settings, workers, std::move(*output)));
}

LogWriter::LogWriter(const settings::QueryLog& settings, size_t workers,
                     std::unique_ptr<LogOutput> output)
    : settings_(settings), output_(std::move(output)), nap_(kLongestNap) {
  const bool may_wait = settings.when_full == settings::WhenFull::Block;
  for (size_t i = 0; i < workers; ++i) {
    rings_.push_back(std::make_unique<BufferRing>(settings.buffers_per_worker, may_wait, bell_));
  }
  thread_ = start_thread([this] { run(); });
}

LogWriter::~LogWriter() { stop(); }

void LogWriter::stop() noexcept {
  if (!thread_.joinable()) return;
  end_asked_.store(true, std::memory_order_release);
  bell_.ring();
  thread_.join();
}

void LogWriter::reopen() noexcept {
  reopen_asked_.store(true, std::memory_order_release);
  bell_.ring();
}

void LogWriter::stop_waiting() noexcept {
  for (const auto& ring : rings_) ring->stop_waiting();
}

QueryLogCounts LogWriter::counts() const noexcept {
  return {output_->written(), output_->written_octets(), dropped_ring(), output_->dropped()};
}

void LogWriter::run() {
  block_all_signals();
  pthread_setname_np(pthread_self(), "query-log");
  while (!end_asked_.load(std::memory_order_acquire)) {
    if (reopen_asked_.exchange(false, std::memory_order_acq_rel)) output_->reopen(read_clock());
    size_t fullest = 0;
    for (const auto& ring : rings_) fullest = std::max(fullest, drain(*ring));
    const Now now = read_clock();
    output_->tick(now);
    report_ring_drops(now);
    adapt_nap(fullest);
    bell_.wait(nap_);
  }
  finish();
}

// Writes at most the capacity of the ring, so that one worker does not delay the others. Returns
// the number of bytes.
size_t LogWriter::drain(BufferRing& ring) {
  size_t drained = 0;
  while (drained < ring.capacity()) {
    const Records records = ring.unread();
    if (records.empty()) break;
    Records appended = output_->append(records, read_clock());
    const bool all = appended.octets.size() == records.octets.size();
    if (!all && settings_.when_full == settings::WhenFull::Drop) {
      output_->drop(without(records, appended));
      appended = records;
    }
    ring.consume(appended);
    drained += appended.octets.size();
    if (appended.octets.size() < records.octets.size()) break;
  }
  return drained;
}

// Adapts the nap to the time in which a part of the fullest ring fills: those records are still in
// the processor's cache, and their number justifies a wake-up.
void LogWriter::adapt_nap(size_t fullest) {
  const size_t capacity = settings_.buffers_per_worker * kBufferSize;
  const size_t most = std::min(capacity / 4, kBufferSize);
  if (fullest >= most) nap_ = std::max(nap_ / 2, kShortestNap);
  if (fullest < most / 4) nap_ = std::min(nap_ * 2, kLongestNap);
}

void LogWriter::report_ring_drops(Now now) {
  const uint64_t dropped = dropped_ring();
  if (dropped == ring_drops_reported_ || now.monotonic_ms < ring_drops_due_ms_) return;
  log_error(concat("query log ", settings_.file, ": ", dropped - ring_drops_reported_,
                   " records were dropped: all buffers were full"));
  ring_drops_reported_ = dropped;
  ring_drops_due_ms_ = now.monotonic_ms + kRingDropsIntervalMs;
}

void LogWriter::finish() {
  for (const auto& ring : rings_) {
    for (Records records; !(records = ring->unread()).empty();) {
      output_->drop(without(records, output_->append(records, read_clock())));
      ring->consume(records);
    }
  }
  ring_drops_due_ms_ = 0;
  report_ring_drops(read_clock());
  output_->close(read_clock());
}

uint64_t LogWriter::dropped_ring() const noexcept {
  uint64_t dropped = 0;
  for (const auto& ring : rings_) dropped += ring->dropped();
  return dropped;
}

void LogAppender::flush() noexcept {
  if (!pending()) return;
  ring_.publish(cursor_, records_);
  flushed_ = cursor_;
}

char* LogAppender::reserve_in_next_buffer(size_t size) noexcept {
  INLET53_CHECK(size > 0 && size <= kBufferSize);
  flush();
  if (cursor_ != nullptr) ring_.hand_over();

  cursor_ = ring_.next_buffer();
  while (cursor_ == nullptr && ring_.wait_for_buffer()) cursor_ = ring_.next_buffer();

  flushed_ = cursor_;
  records_ = 0;
  end_ = cursor_ == nullptr ? nullptr : cursor_ + kBufferSize;
  if (cursor_ == nullptr) ring_.count_drop();
  return cursor_;
}

Result<std::unique_ptr<QueryLog>, std::string> QueryLog::open(const settings::QueryLog& settings,
                                                              size_t workers) {
  INLET53_CHECK(!settings.file.empty() && settings.buffers_per_worker > 0);
  auto writer = LogWriter::start(settings, workers);
  if (!writer) return Unexpected(writer.error());
  return std::unique_ptr<QueryLog>(new QueryLog(std::move(*writer), workers));
}

QueryLog::QueryLog(std::unique_ptr<LogWriter> writer, size_t workers) : writer_(std::move(writer)) {
  for (size_t i = 0; i < workers; ++i) {
    appenders_.push_back(std::make_unique<LogAppender>(writer_->ring(i)));
  }
}

QueryLog::~QueryLog() = default;

void QueryLog::close() noexcept { writer_->stop(); }

void QueryLog::reopen() noexcept { writer_->reopen(); }

void QueryLog::stop_waiting() noexcept { writer_->stop_waiting(); }

QueryLogCounts QueryLog::counts() const noexcept { return writer_->counts(); }

}  // namespace inlet53::querylog
