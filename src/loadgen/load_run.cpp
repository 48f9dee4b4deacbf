// SPDX-License-Identifier: Apache-2.0
#include "inlet53/loadgen/load_run.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>

#include "ledger.h"
#include "transport.h"
#include <sys/prctl.h>

#include "inlet53/base/clock.h"

namespace inlet53::loadgen {

namespace {

constexpr double kSecond = 1e9;
constexpr uint64_t kSecondNs = 1'000'000'000;
// After this time without an answer, sleeping until the next answer delays nothing.
constexpr uint64_t kSpinNs = 1'000'000;
// Maximum time between two checks for the end of the run.
constexpr uint64_t kLookNs = 10'000'000;
// Maximum number of queries that a run with a fixed rate sends between two receives when it catches
// up.
constexpr uint64_t kMaxCatchUp = 64;
// Time that a run with a fixed rate waits for answers when the sockets are full.
constexpr uint64_t kFullNs = 100'000;

uint64_t to_ns(double seconds) noexcept {
  return static_cast<uint64_t>(std::min(seconds, 1e9) * kSecond);
}

// Makes timers exact: by default the kernel may delay a wake-up by 50 µs.
class ExactTimers {
 public:
  ExactTimers() noexcept : before_(prctl(PR_GET_TIMERSLACK)) { prctl(PR_SET_TIMERSLACK, 1UL); }
  ~ExactTimers() { prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_)); }
  ExactTimers(const ExactTimers&) = delete;
  ExactTimers& operator=(const ExactTimers&) = delete;

 private:
  int before_;
};

// Twice the number of queries in flight per channel, and enough to recognize late answers.
size_t slots_for(const LoadOptions& options) {
  const double in_flight = options.rate ? *options.rate * options.timeout_seconds
                                        : static_cast<double>(options.outstanding);
  const double each = 2 * in_flight / static_cast<double>(options.channels);
  const size_t wanted =
      std::max(static_cast<size_t>(std::min(each, 65536.0)), (size_t{1} << 18) / options.channels);
  return std::bit_ceil(std::clamp<size_t>(wanted, 256, 65536));
}

using Opened = Result<std::unique_ptr<Transport>, std::string>;

Opened open_transport(const LoadOptions& options) {
  const auto use = options.rate ? ReadySet::Use::Often : ReadySet::Use::Seldom;
  if (options.transport == TransportKind::Udp) {
    // With a fixed rate, each query is sent individually, as by many independent clients.
    return UdpTransport::open(options.server, {options.channels, use, !options.rate});
  }
  const size_t share = (options.outstanding + options.channels - 1) / options.channels;
  return TcpTransport::open(
      options.server, {options.channels, options.rate ? std::numeric_limits<size_t>::max() : share,
                       use, to_ns(options.timeout_seconds)});
}

class LoadRun {
 public:
  LoadRun(const LoadOptions& options, const Workload& workload, const std::atomic<bool>& stop,
          const Progress& progress, Transport& transport)
      : options_(options),
        stop_(stop),
        progress_(progress),
        transport_(transport),
        ledger_(workload, ledger_options()) {
    transport_.attach(ledger_);
  }

  Result<Report, std::string> run() {
    // Starts the clock here: the construction of the run takes time and would delay the schedule.
    start_ns_ = monotonic_nanoseconds();
    end_ns_ = start_ns_ + to_ns(options_.max_seconds);
    next_progress_ns_ = start_ns_ + kSecondNs;
    if (options_.rate) ledger_.keep_pace(Pace(*options_.rate, start_ns_));
    options_.rate ? keep_pace() : keep_outstanding();
    const uint64_t sent_ns = std::min(monotonic_nanoseconds(), end_ns_);
    drain();
    if (!transport_.failure().empty()) return Unexpected(transport_.failure());
    const uint64_t end_ns = std::max(sent_ns, ledger_.last_answer_ns());
    return Report{ledger_.tally(), static_cast<double>(end_ns - start_ns_) / kSecond};
  }

 private:
  [[nodiscard]] Ledger::Options ledger_options() const {
    Ledger::Options ledger;
    ledger.channels = options_.channels;
    ledger.slots = slots_for(options_);
    ledger.timeout_ns = to_ns(options_.timeout_seconds);
    return ledger;
  }

  // Expires queries and reports progress. Returns true when the run must end.
  bool is_over(uint64_t now) {
    ledger_.expire(now);
    if (now >= next_progress_ns_) {
      next_progress_ns_ += kSecondNs;
      if (progress_) progress_(ledger_.tally(), static_cast<double>(now - start_ns_) / kSecond);
    }
    return now >= end_ns_ || stop_ || ledger_.tally().sent >= options_.max_queries ||
           !transport_.failure().empty() || transport_.gave_up();
  }

  size_t refill() noexcept {
    const size_t in_flight = ledger_.in_flight();
    if (in_flight >= options_.outstanding) return 0;
    const uint64_t left = options_.max_queries - ledger_.tally().sent;
    return transport_.send(std::min<uint64_t>(options_.outstanding - in_flight, left));
  }

  void keep_outstanding() {
    uint64_t now = start_ns_;
    uint64_t busy_ns = now;
    while (!is_over(now)) {
      size_t moved = 0;
      for (size_t i = 0; i < transport_.channels(); ++i) {
        moved += transport_.receive(i);
        moved += refill();
      }
      now = monotonic_nanoseconds();
      if (moved > 0) busy_ns = now;
      if (now - busy_ns > kSpinNs) transport_.wait(kLookNs);
    }
  }

  void keep_pace() {
    const ExactTimers exact;
    const Pace pace(*options_.rate, start_ns_);
    for (uint64_t now = start_ns_; !is_over(now); now = monotonic_nanoseconds()) {
      const uint64_t next = send_due(pace, now);
      const uint64_t after = monotonic_nanoseconds();
      const uint64_t timeout = std::min(next > after ? next - after : 0, kLookNs);
      for (const uint32_t channel : transport_.wait(timeout)) transport_.receive(channel);
    }
  }

  // Sends the queries that are due and returns the time of the next send.
  uint64_t send_due(const Pace& pace, uint64_t now) {
    uint64_t due = 0;
    const uint64_t first = ledger_.tally().sent;
    const uint64_t limit = std::min(kMaxCatchUp, options_.max_queries - first);
    while (due < limit && pace.due_ns(first + due) <= now) ++due;
    if (due > 0 && transport_.send(due) == 0) return now + kFullNs;
    return pace.due_ns(ledger_.tally().sent);
  }

  void drain() {
    while (ledger_.in_flight() > 0 && transport_.failure().empty()) {
      for (const uint32_t channel : transport_.wait(kLookNs)) transport_.receive(channel);
      ledger_.expire(monotonic_nanoseconds());
    }
  }

  const LoadOptions& options_;
  const std::atomic<bool>& stop_;
  const Progress& progress_;
  Transport& transport_;
  uint64_t start_ns_ = 0;
  uint64_t end_ns_ = 0;
  uint64_t next_progress_ns_ = 0;
  Ledger ledger_;
};

}  // namespace

Result<Report, std::string> run_load(const LoadOptions& options, const Workload& workload,
                                     const std::atomic<bool>& stop, const Progress& progress) {
  auto transport = open_transport(options);
  if (!transport) return Unexpected(transport.error());
  return std::make_unique<LoadRun>(options, workload, stop, progress, **transport)->run();
}

}  // namespace inlet53::loadgen
