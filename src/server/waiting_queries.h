// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "kept_answer.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/slot_pool.h"
#include "inlet53/dns/extended_error.h"
#include "inlet53/dns/name.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/server/replier.h"

namespace inlet53::server {

/// Query that waits for targets, or (without a replier) a refresh of the cache.
struct WaitingQuery {
  uint32_t index = 0;
  uint32_t uses = 0;  // use count of the slot; distinguishes tokens of earlier uses
  ReplyTo to;
  IpAddress client;  // its network (client_network); 0.0.0.0 for a refresh
  std::vector<uint8_t> message;
  int64_t arrived = 0;  // wall clock seconds, for the record
  uint32_t questions = 0;
  bool may_ask = true;         // false: further questions fail with `refusal`
  dns::ExtendedError refusal;  // the query has timed out or reached a limit
  dns::Name qname;             // of `question`
  resolver::ForwardQuestion question;
  forward::WaiterId waiter;
  std::vector<KeptAnswer> kept;
  std::vector<resolver::FailedQuestion> failed;

  /// Shares of the query in ForwardShares.
  uint64_t octets = 0;              // 0: none
  std::optional<uint32_t> targets;  // its question counts for these targets

  [[nodiscard]] uint64_t token() const noexcept { return (uint64_t{uses} << 32) | index; }
};

/// Queries that wait for targets. Each has a token and a timeout. Threads: one. Cost: O(1); a query
/// uses about 700 bytes (limits count kQueryOctets), which are freed after a peak.
class WaitingQueries {
 public:
  /// `patience_ms`: timeout of queries.
  explicit WaitingQueries(uint64_t patience_ms) : patience_ms_(patience_ms) {}

  /// Adds a query of a client. Lifetime: until `release`.
  [[nodiscard]] WaitingQuery& add(const ReplyTo& to, Bytes message, Now now);
  /// Adds a refresh: it has no client and no timeout.
  [[nodiscard]] WaitingQuery& add_refresh();
  void release(WaitingQuery& query);
  /// Returns null if the query is not waiting any more.
  [[nodiscard]] WaitingQuery* find(uint64_t token) noexcept;

  /// Returns one query that has timed out, and each query only once; null: there is none.
  [[nodiscard]] WaitingQuery* take_expired(uint64_t now_ms);
  /// Returns the time of the next timeout in monotonic milliseconds; absent: no query waits.
  [[nodiscard]] std::optional<uint64_t> next_expiry_ms();

  [[nodiscard]] size_t size() const noexcept { return queries_.size(); }
  /// Calls `visit` for each query; `visit` may release it.
  template <class Visit>
  void for_each(Visit visit) {
    for (uint32_t index = 0; index < queries_.slots(); ++index) {
      if (WaitingQuery* const query = queries_.find(index)) visit(*query);
    }
  }

 private:
  struct Deadline {
    uint64_t token = 0;
    uint64_t at_ms = 0;
  };

  WaitingQuery& take_slot();
  void forget_answered();

  const uint64_t patience_ms_;
  SlotPool<WaitingQuery> queries_;
  std::deque<Deadline> deadlines_;  // in order, because all queries have the same timeout
};

}  // namespace inlet53::server
