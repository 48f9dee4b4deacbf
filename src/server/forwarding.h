// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "forward_shares.h"
#include "memory_trim.h"
#include "outbound_records.h"
#include "target_numbers.h"
#include "waiting_queries.h"

#include "inlet53/cache/cache.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/net/loop.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// One worker's queries that wait for the targets of rules.
///
/// A query that waits is kept as it came. When its question has been answered or has failed, the
/// result goes to the cache, if the cache accepts it, and the query is decided again from the
/// beginning: so a chain may lead from a zone to a rule and back, and a reload in between does no
/// harm. An answer that the cache does not keep (a TTL of 0) stays with the query.
///
/// All that a query leads to may take `query_timeout`, and is answered or has failed then: a target
/// that answers late cannot have many clients' answers leave at one moment (CVE-2024-33655).
/// Threads: the worker's.
class Forwarding final : public QueryForwarder, public forward::ForwardOwner {
 public:
  /// Questions for targets that one query may lead to. Source: `dns.md` §3 (a bound of 16).
  static constexpr uint32_t kMaxQuestions = 16;
  /// A question's own time ends before its query's, which is there for those that follow.
  static constexpr uint64_t kGraceMs = 20;

  struct Options {
    settings::DnsDaemon settings;
    const net::TlsClientContext* tls =
        nullptr;                           // whom DoT targets are trusted by; null: there are none
    querylog::LogAppender* log = nullptr;  // null: no query log
    std::function<void()> no_room;         // called when targets can't be asked more; may be empty
  };

  /// Lifetime: everything given outlives this.
  Forwarding(net::Loop& loop, const Options& options, cache::Cache& cache, Responder& responder,
             WorkerCounts& counts);

  /// Takes over the rules of `state`. The cache keeps what it has of rules whose domain, targets
  /// and sources are as before; answers of the others are never found again, and make room as any
  /// old entry does. When no rule is as before, the cache is emptied at once.
  void replace_state(const resolver::ResolverState& state);

  //--- QueryForwarder
  void begin(const ReplyTo& to, Bytes message, const resolver::ForwardQuestion& question) override;
  void refresh(const resolver::ForwardQuestion& question) override;
  void forget(const Replier& replier) override;

  [[nodiscard]] size_t waiting() const noexcept { return queries_.size(); }

 private:
  //--- ForwardOwner
  /// Writes the outbound record and stores the result in the cache.
  bool concluded(const forward::EndedFetch& fetch, const forward::ForwardResult& result) override;
  /// Adds to the query what the cache did not store, and decides it again.
  void resume(uint64_t token, const forward::ForwardResult& result, bool stored) override;

  /// The number that the rule with this scope has now; absent: a reload has changed or removed it.
  [[nodiscard]] std::optional<uint32_t> find_rule(uint32_t scope) const noexcept;
  /// Asks the targets; false when they can't be asked, and the question has failed.
  [[nodiscard]] bool ask(WaitingQuery& query, const resolver::ForwardQuestion& question);
  /// The same for a question that its query may ask.
  [[nodiscard]] bool submit(WaitingQuery& query);
  /// Whether the cache has an answer to the query's question whose TTL has ended.
  [[nodiscard]] bool has_stale(const WaitingQuery& query) noexcept;
  /// Keeps for the query what the cache did not store.
  void keep(WaitingQuery& query, const cache::ReceivedResponse& response);
  /// The question has failed for this query alone.
  void fail_alone(WaitingQuery& query, const dns::ExtendedError& error);
  /// The same for a limit or a failure of this host, which is counted.
  void refuse(WaitingQuery& query, const forward::ForwardFailure& failure);
  void refuse(WaitingQuery& query, ForwardRefusal refusal);
  /// Decides the query again, and answers or asks again.
  void decide(WaitingQuery& query);
  void answer(WaitingQuery& query, Bytes response);
  /// Its question is no longer asked for it.
  void leave_targets(WaitingQuery& query);
  void release(WaitingQuery& query);
  void expire();
  void set_timer();

  const Options options_;
  cache::Cache& cache_;
  Responder& responder_;
  WorkerCounts& counts_;
  OutboundRecords records_;
  forward::Forwarder forwarder_;
  std::vector<std::shared_ptr<const forward::TargetGroup>> groups_;  // as the state's rules
  std::vector<resolver::ForwardRule> rules_;
  std::unordered_map<uint32_t, uint32_t> by_scope_;  // numbers of rules
  TargetNumbers targets_;
  ForwardShares shares_;
  MemoryTrim trim_;
  WaitingQueries queries_;
  net::Timer expiry_;
  std::unique_ptr<uint8_t[]> buffer_;  // of one response
};

}  // namespace inlet53::server
