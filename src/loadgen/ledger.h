// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/types.h"
#include "inlet53/loadgen/report.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::loadgen {

/// Schedule of a run with a fixed rate: query times are evenly spaced. The schedule does not slow
/// down: queries that could not be sent in time are sent as soon as possible. Times are nanoseconds
/// on any clock.
class Pace {
 public:
  /// Requires: `rate` (queries per second) is greater than 0.
  Pace(double rate, uint64_t start_ns) noexcept : gap_ns_(1e9 / rate), start_ns_(start_ns) {}

  /// Time at which query `serial` (from 0) is due.
  [[nodiscard]] uint64_t due_ns(uint64_t serial) const noexcept {
    // A double counts whole nanoseconds up to 2^53, 104 days.
    return start_ns_ + static_cast<uint64_t>(static_cast<double>(serial) * gap_ns_);
  }

  /// Start of the latency of query `serial`, which was sent at `sent_ns`. This is `sent_ns`, or the
  /// due time if the query was sent more than `kGraceNs` late. So a stall of the server also counts
  /// for queries that the stall delayed ("coordinated omission"). A shorter delay comes from the
  /// generator's own timer and does not count.
  [[nodiscard]] uint64_t latency_start_ns(uint64_t serial, uint64_t sent_ns) const noexcept {
    return is_behind(serial, sent_ns) ? due_ns(serial) : sent_ns;
  }
  [[nodiscard]] bool is_behind(uint64_t serial, uint64_t sent_ns) const noexcept {
    return sent_ns > due_ns(serial) + kGraceNs;
  }

  static constexpr uint64_t kGraceNs = 1'000'000;

 private:
  double gap_ns_;
  uint64_t start_ns_;
};

/// Queries that wait for an answer, by channel (a socket or a connection) and message id, and in
/// order of sending. A query that times out keeps its id while enough other ids are free, so that
/// the table recognizes a late answer. Threads: one. Cost: 32 bytes per slot, allocated at
/// construction; every method is O(1) unless its comment says otherwise.
class InFlightTable {
 public:
  struct Query {
    uint64_t serial = 0;
    uint64_t sent_ns = 0;
  };
  enum class State : uint8_t { Free, InFlight, Expired };
  struct Found {
    State state = State::Free;
    Query query;
  };

  /// Requires: `slots` (per channel) is a power of two of at most 65536; fewer than 2^32 - 1 slots
  /// in total.
  InFlightTable(size_t channels, size_t slots);

  /// Adds a query and returns its id. Absent when all slots of the channel are in flight.
  [[nodiscard]] std::optional<uint16_t> add(size_t channel, const Query& query) noexcept;
  /// Returns the query that a message with this id on this channel can answer.
  [[nodiscard]] Found find(size_t channel, uint16_t id) const noexcept;
  /// Removes a query that was answered or could not be sent. Requires: `find` returns it.
  void remove(size_t channel, uint16_t id) noexcept;
  /// Expires every query that was sent before `ns` and returns their number. Cost: linear in it.
  size_t expire_before(uint64_t ns) noexcept;
  /// Removes all queries of a channel and returns how many were in flight. Cost: linear in its
  /// slots.
  size_t clear(size_t channel) noexcept;

  [[nodiscard]] size_t in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] size_t in_flight(size_t channel) const noexcept {
    return channels_[channel].in_flight;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Slot {
    Query query;
    uint32_t previous = kNone;  // in the order of sending
    uint32_t next = kNone;
    uint16_t id = 0;
    State state = State::Free;
  };
  struct Channel {
    size_t in_flight = 0;
    size_t expired = 0;
    uint16_t next_id = 0;
  };

  [[nodiscard]] size_t slot_of(size_t channel, uint16_t id) const noexcept {
    return channel * slots_per_channel_ + (id & (slots_per_channel_ - 1));
  }
  [[nodiscard]] bool is_usable(const Channel& channel, const Slot& slot) const noexcept;
  void append(uint32_t index) noexcept;
  void unlink(const Slot& slot) noexcept;
  void release(Channel& channel, Slot& slot) noexcept;

  size_t slots_per_channel_;
  std::vector<Channel> channels_;
  std::vector<Slot> slots_;
  uint32_t oldest_ = kNone;
  uint32_t newest_ = kNone;
  size_t in_flight_ = 0;
};

/// Accounts for the queries of a run: composes each query, tracks queries in flight, and checks and
/// counts responses. Times are nanoseconds of `monotonic_nanoseconds`. Threads: one. Cost:
/// allocates only at construction. Lifetime: the workload outlives it.
class Ledger {
 public:
  /// Maximum size of a query in bytes.
  static constexpr size_t kMaxQuery = dns::kHeaderSize + QuestionList::kMaxQuestion;

  struct Options {
    size_t channels = 1;
    size_t slots = 4096;  // per channel, see InFlightTable
    uint64_t timeout_ns = 2'000'000'000;
  };
  Ledger(const Workload& workload, const Options& options);

  /// Sets the schedule. Without one, queries are sent as fast as answers arrive.
  void keep_pace(const Pace& pace) noexcept { pace_ = pace; }

  struct Composed {
    size_t size = 0;  // bytes; 0 when the channel has no id left
    uint16_t id = 0;
  };
  /// Composes the next query at `out` and counts it as sent at `now`. RD is set; there is no OPT.
  /// Requires: `out` has `kMaxQuery` bytes.
  Composed compose(size_t channel, uint64_t now, uint8_t* out) noexcept;
  /// Cancels the query that was composed last because it could not be sent. Cancel several in
  /// reverse order.
  void withdraw(size_t channel, uint16_t id) noexcept;

  /// Checks and counts a message that arrived on a channel. It answers a query in flight if it is a
  /// response with the query's id, one question, and the same bytes in the question.
  void settle(size_t channel, Bytes message, uint64_t now) noexcept;
  /// Counts queries as lost that have waited longer than the timeout.
  void expire(uint64_t now) noexcept;
  /// Counts all queries in flight on a connection as lost because it has ended.
  void end_channel(size_t channel) noexcept;
  /// Counts a connection that was opened again.
  void count_reconnect() noexcept { ++tally_.reconnects; }

  [[nodiscard]] const Tally& tally() const noexcept { return tally_; }
  [[nodiscard]] size_t in_flight() const noexcept { return table_.in_flight(); }
  [[nodiscard]] size_t in_flight(size_t channel) const noexcept {
    return table_.in_flight(channel);
  }
  /// Time of the last answer; 0 before the first.
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
