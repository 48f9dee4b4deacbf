#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "kept_answer.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/dns/extended_error.h"
#include "inlet53/dns/name.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/resolver/pipeline.h"
#include "inlet53/server/replier.h"

namespace inlet53::server {

/// One query that waits for targets, or (without a replier) a refresh of the cache.
struct WaitingQuery {
  uint32_t index = 0;
  uint32_t uses = 0;  // of the slot, so that a token of an earlier use is told from this one's
  bool waits = false;
  ReplyTo to;
  std::vector<uint8_t> message;
  int64_t arrived = 0;  // wall seconds: the record's time
  uint32_t questions = 0;
  bool may_ask = true;         // false: its time is up, or its client has too many
  dns::ExtendedError refusal;  // what becomes of its questions then
  dns::Name qname;             // of the question that is asked
  resolver::ForwardQuestion question;
  forward::WaiterId waiter;
  std::vector<KeptAnswer> kept;
  std::vector<resolver::FailedQuestion> failed;

  [[nodiscard]] uint64_t token() const noexcept { return (uint64_t{uses} << 32) | index; }
};

/// The queries that wait: in slots that are used again, known by tokens, counted by client, each
/// with a time at which it is answered whatever has come.
/// Threads: one. Cost: O(1), for a client's number O(log n); a query takes some 400 octets.
class WaitingQueries {
 public:
  /// `patience_ms`: how long one may wait.
  explicit WaitingQueries(uint64_t patience_ms) : patience_ms_(patience_ms) {}

  /// A client's query. Lifetime: until `release`.
  [[nodiscard]] WaitingQuery& add(const ReplyTo& to, Bytes message, Now now);
  /// A refresh: nobody waits for it, and it has no end.
  [[nodiscard]] WaitingQuery& add_refresh();
  void release(WaitingQuery& query);
  /// Null when it waits no more.
  [[nodiscard]] WaitingQuery* find(uint64_t token) noexcept;

  /// Takes a query off the deadlines whose time is up; null: there is none, so far.
  [[nodiscard]] WaitingQuery* take_expired(uint64_t now_ms);
  /// When to call `take_expired`, in monotonic milliseconds; absent: nothing waits.
  [[nodiscard]] std::optional<uint64_t> next_expiry_ms();

  [[nodiscard]] size_t size() const noexcept { return slots_.size() - free_.size(); }
  /// How many the network of `client` has (see client_network).
  [[nodiscard]] uint32_t of_client(const IpAddress& client) const;
  /// Calls `visit` for each.
  template <class Visit>
  void for_each(Visit visit) {
    for (const auto& query : slots_) {
      if (query->waits) visit(*query);
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
  std::vector<std::unique_ptr<WaitingQuery>> slots_;
  std::vector<uint32_t> free_;
  std::deque<Deadline> deadlines_;  // all as long: in the order in which they came
  std::map<IpAddress, uint32_t> clients_;
};

}  // namespace inlet53::server
