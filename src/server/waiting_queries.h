// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <malloc.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/memory.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/net/loop.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/server/replier.h"

namespace inlet53::server {

/// Answer that a query stores because the cache did not store it. Owns its memory; movable.
/// Threads: one at a time.
class KeptAnswer {
 public:
  /// Returns the size of a copy of the question and the response in bytes.
  [[nodiscard]] static size_t octets_of(const resolver::ForwardQuestion& question,
                                        const cache::ReceivedResponse& response) noexcept;
  /// Copies the question and the response.
  KeptAnswer(const resolver::ForwardQuestion& question, const cache::ReceivedResponse& response);

  /// Lifetime: this object's.
  [[nodiscard]] resolver::ReceivedAnswer view() const noexcept;

 private:
  resolver::ForwardQuestion question_;
  cache::ReceivedResponse response_;
  std::unique_ptr<uint8_t[]> octets_;
  std::vector<cache::CachedRRset> answers_;
  std::unique_ptr<cache::CachedRRset> authority_;
};

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
  /// `timeout_ms`: timeout of queries.
  explicit WaitingQueries(uint64_t timeout_ms) : timeout_ms_(timeout_ms) {}

  /// Adds a query of a client. Lifetime: until `release`.
  [[nodiscard]] WaitingQuery& add(const ReplyTo& to, Bytes message, Now now);
  /// Adds a refresh: it has no client and no timeout.
  [[nodiscard]] WaitingQuery& add_refresh();
  void release(WaitingQuery& query);
  /// Returns null if the query is not waiting any more.
  [[nodiscard]] WaitingQuery* find(uint64_t token) noexcept;

  /// Returns one query that has timed out, and each query only once; null: there is none.
  [[nodiscard]] WaitingQuery* pop_expired(uint64_t now_ms);
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

  WaitingQuery& acquire_slot();
  void drop_answered();

  const uint64_t timeout_ms_;
  SlotPool<WaitingQuery> queries_;
  std::deque<Deadline> deadlines_;  // in order, because all queries have the same timeout
};

/// Returns memory to the system after a peak: the allocator keeps freed memory, without limit if
/// memory above it is in use. The owner reports each change of the bytes in use; most calls only
/// compare. Threads: the loop's. Cost: malloc_trim(3) after a peak, some milliseconds for 100 MiB.
class MemoryTrim {
 public:
  /// Minimum peak in bytes that is worth the call.
  static constexpr uint64_t kLeastPeak = 1U << 20;
  static constexpr uint64_t kDelayMs = 1000;

  explicit MemoryTrim(net::Loop& loop) : timer_(loop, [this] { trim(); }) {}

  void grown_to(uint64_t octets) noexcept { peak_ = std::max(peak_, octets); }
  void fallen_to(uint64_t octets) {
    octets_ = octets;
    if (peak_ >= kLeastPeak && is_low() && !timer_.active()) timer_.start(kDelayMs);
  }

 private:
  [[nodiscard]] bool is_low() const noexcept { return octets_ <= peak_ / 8; }
  void trim() {
    if (!is_low()) return;  // the use has grown; the next decrease starts the timer
    malloc_trim(0);
    peak_ = octets_;
  }

  net::Timer timer_;
  uint64_t octets_ = 0;
  uint64_t peak_ = 0;
};

}  // namespace inlet53::server
