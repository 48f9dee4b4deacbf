#pragma once

#include <cstdint>
#include <optional>

#include "in_flight.h"
#include "pace.h"

#include "inlet53/base/bytes.h"
#include "inlet53/dns/types.h"
#include "inlet53/loadgen/report.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::loadgen {

/// The books of a run: composes each query, knows which wait for an answer, and judges and counts
/// what comes. Times are nanoseconds of `monotonic_ns`. Threads: one. Cost: no allocation after it
/// was made. Lifetime: the workload outlives it.
class Ledger {
 public:
  /// Octets of a query at most.
  static constexpr size_t kMaxQuery = dns::kHeaderSize + QuestionList::kMaxQuestion;

  struct Options {
    size_t channels = 1;
    size_t slots = 4096;  // for each channel, see InFlightTable
    uint64_t timeout_ns = 2'000'000'000;
  };
  Ledger(const Workload& workload, const Options& options);

  /// From now on queries are due as `pace` says. Without it they go as fast as answers come.
  void keep_pace(const Pace& pace) noexcept { pace_ = pace; }

  struct Composed {
    size_t size = 0;  // octets; 0 when the channel has no id left
    uint16_t id = 0;
  };
  /// Composes the next query at `out` and takes it for sent at `now`. RD is set; there is no OPT.
  /// Requires: `kMaxQuery` octets at `out`.
  Composed compose(size_t channel, uint64_t now, uint8_t* out) noexcept;
  /// Takes back the query that was composed last: it could not be sent. Several go in reverse.
  void take_back(size_t channel, uint16_t id) noexcept;

  /// Judges a message that came on a channel. It answers a query in flight there when it is a
  /// response with that query's id, one question, and the question's own octets.
  void settle(size_t channel, Bytes message, uint64_t now) noexcept;
  /// Counts as lost what has waited for longer than the timeout.
  void expire(uint64_t now) noexcept;
  /// A connection has ended: what was in flight on it is lost.
  void end_channel(size_t channel) noexcept;
  /// Such a connection was opened again.
  void count_reconnect() noexcept { ++tally_.reconnects; }

  [[nodiscard]] const Tally& tally() const noexcept { return tally_; }
  [[nodiscard]] size_t in_flight() const noexcept { return table_.in_flight(); }
  [[nodiscard]] size_t in_flight(size_t channel) const noexcept {
    return table_.in_flight(channel);
  }
  /// When the last answer came; 0 before the first.
  [[nodiscard]] uint64_t last_answer_ns() const noexcept { return last_answer_ns_; }

 private:
  void count_answer(const InFlightTable::Query& query, Bytes message, uint64_t now) noexcept;
  [[nodiscard]] bool is_behind(uint64_t serial, uint64_t now) const noexcept {
    return pace_ && pace_->is_behind(serial, now);
  }

  const Workload& workload_;
  Options options_;
  std::optional<Pace> pace_;
  InFlightTable table_;
  Tally tally_;
  uint64_t last_answer_ns_ = 0;
};

}  // namespace inlet53::loadgen
