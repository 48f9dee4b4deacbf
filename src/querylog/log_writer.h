// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "buffer_ring.h"
#include "log_output.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/result.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::querylog {

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

}  // namespace inlet53::querylog
