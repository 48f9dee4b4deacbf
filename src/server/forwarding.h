// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "forward_shares.h"
#include "waiting_queries.h"

#include "inlet53/base/clock.h"
#include "inlet53/cache/cache.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/net/loop.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/resolver/rule_index.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// Writes query log records for queries through outbound endpoints: one record per question,
/// independent of the number of clients that wait for it and of queries to targets.
/// Threads: the worker's. Cost: as RecordWriter.
/// Source: Route 53 Developer Guide, "Resolver query logging": queries through an outbound endpoint
/// are logged with its id in `srcids`.
class OutboundRecords {
 public:
  /// `log`: null: no records.
  explicit OutboundRecords(querylog::LogAppender* log) : log_(log) {}

  /// Writes a record. `response`: the response of the targets of `rule` to `question`, or our
  /// SERVFAIL.
  void write(const resolver::ForwardRule& rule, const resolver::ForwardQuestion& question,
             const cache::ReceivedResponse& response, const forward::SentFrom& from, Now now);

 private:
  querylog::LogAppender* const log_;
  record::RecordWriter records_;
};

/// Queries of one worker that wait for the targets of rules.
///
/// A waiting query is stored as it was received. When its question is answered or has failed, the
/// cache stores the result if it accepts it, and the query is decided again from the start. So a
/// chain may lead from a zone to a rule and back, and a reload in between is safe. If the cache
/// does not store an answer (TTL 0), the query stores it.
///
/// All questions of a query together may take `query_timeout`; then the query is answered or fails.
/// So a target that answers late cannot cause a burst of responses to many clients
/// (CVE-2024-33655). Threads: the worker's.
class Forwarding final : public QueryForwarder, public forward::ForwardOwner {
 public:
  /// Maximum number of questions that one query may cause.
  static constexpr uint32_t kMaxQuestions = 16;
  /// Time that a query waits longer than its first question.
  static constexpr uint64_t kGraceMs = 20;

  struct Options {
    settings::DnsDaemon settings;
    const net::TlsClientContext* tls = nullptr;  // authorities for DoT targets; null: none
    querylog::LogAppender* log = nullptr;        // null: no query log
    std::function<void()> limit_reached;         // called when a limit is reached; may be empty
  };

  /// Lifetime: all arguments outlive this object.
  Forwarding(net::Loop& loop, const Options& options, cache::Cache& cache, Responder& responder,
             WorkerCounts& counts);

  /// Replaces the rules by those of `state`. Cached answers of rules with the same domain, targets
  /// and sources remain valid. Answers of other rules are never found again and are evicted like
  /// old entries. If no rule is the same, the cache is emptied at once.
  void replace_state(const resolver::ResolverState& state);

  //--- QueryForwarder
  void enqueue(const ReplyTo& to, Bytes message,
               const resolver::ForwardQuestion& question) override;
  void refresh(const resolver::ForwardQuestion& question) override;
  void cancel(const Replier& replier) override;

  [[nodiscard]] size_t waiting() const noexcept { return queries_.size(); }

 private:
  //--- ForwardOwner
  /// Writes the outbound record and stores the result in the cache.
  bool concluded(const forward::EndedFetch& fetch, const forward::ForwardResult& result) override;
  /// Adds a result that the cache did not store to the query, and decides the query again.
  void resume(uint64_t token, const forward::ForwardResult& result, bool stored) override;

  /// Returns the current number of the rule with this scope; absent: a reload changed or removed
  /// it.
  [[nodiscard]] std::optional<uint32_t> find_rule(uint32_t scope) const noexcept;
  /// Forwards the question. Returns false if that is not possible; the question has then failed.
  [[nodiscard]] bool forward_question(WaitingQuery& query,
                                      const resolver::ForwardQuestion& question);
  /// Forwards the question of the query, which the limits of the query permit.
  [[nodiscard]] bool submit(WaitingQuery& query);
  /// Returns whether the cache has a stale answer to the query's question.
  [[nodiscard]] bool has_stale(const WaitingQuery& query) noexcept;
  /// Stores in the query a response that the cache did not store.
  void keep(WaitingQuery& query, const cache::ReceivedResponse& response);
  /// Fails the question for this query only.
  void fail_alone(WaitingQuery& query, const dns::ExtendedError& error);
  /// Counts a limit or a failure of this host, and fails the question for this query only.
  void refuse(WaitingQuery& query, const forward::ForwardFailure& failure);
  void refuse(WaitingQuery& query, ForwardRefusal refusal);
  /// Decides the query again, and answers it or forwards the next question.
  void decide(WaitingQuery& query);
  void answer(WaitingQuery& query, Bytes response);
  /// Releases the query's share of the targets.
  void release_targets(WaitingQuery& query);
  void release(WaitingQuery& query);
  void expire();
  void set_timer();

  const Options options_;
  cache::Cache& cache_;
  Responder& responder_;
  WorkerCounts& counts_;
  OutboundRecords records_;
  forward::Forwarder forwarder_;
  std::vector<std::shared_ptr<const forward::TargetGroup>> groups_;  // by number of the rule
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
