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

/// One query that waits for targets, or (without a replier) a refresh of the cache.
struct WaitingQuery {
  uint32_t index = 0;
  uint32_t uses = 0;  // of the slot, so that a token of an earlier use is told from this one's
  ReplyTo to;
  IpAddress client;  // its network (client_network); 0.0.0.0 for a refresh
  std::vector<uint8_t> message;
  int64_t arrived = 0;  // wall seconds: the record's time
  uint32_t questions = 0;
  bool may_ask = true;         // false: its questions fail with `refusal`
  dns::ExtendedError refusal;  // its time is up, or a limit
  dns::Name qname;             // of the question that is asked
  resolver::ForwardQuestion question;
  forward::WaiterId waiter;
  std::vector<KeptAnswer> kept;
  std::vector<resolver::FailedQuestion> failed;

  /// What ForwardShares has counted for it.
  uint64_t octets = 0;              // 0: it is not counted
  std::optional<uint32_t> targets;  // its question takes a place at these targets

  [[nodiscard]] uint64_t token() const noexcept { return (uint64_t{uses} << 32) | index; }
};

/// The queries that wait for targets. Each has a token and a time at which it is answered in any
/// case. Threads: one. Cost: O(1); a query takes about 700 octets (limits count kQueryOctets),
/// which are given back after a peak.
class WaitingQueries {
 public:
  /// `patience_ms`: the longest time that a query waits.
  explicit WaitingQueries(uint64_t patience_ms) : patience_ms_(patience_ms) {}

  /// A client's query. Lifetime: until `release`.
  [[nodiscard]] WaitingQuery& add(const ReplyTo& to, Bytes message, Now now);
  /// A refresh: no client waits for it, and it has no end.
  [[nodiscard]] WaitingQuery& add_refresh();
  void release(WaitingQuery& query);
  /// Null when it waits no more.
  [[nodiscard]] WaitingQuery* find(uint64_t token) noexcept;

  /// Returns a query whose time has passed, once; null: there is none.
  [[nodiscard]] WaitingQuery* take_expired(uint64_t now_ms);
  /// When to call `take_expired`, in monotonic milliseconds; absent: nothing waits.
  [[nodiscard]] std::optional<uint64_t> next_expiry_ms();

  [[nodiscard]] size_t size() const noexcept { return queries_.size(); }
  /// Calls `visit` for each, which may release it.
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
  std::deque<Deadline> deadlines_;  // all wait equally long: in the order of arrival
};

}  // namespace inlet53::server
