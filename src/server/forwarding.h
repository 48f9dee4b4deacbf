#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "inlet53/cache/cache.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/net/loop.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/pipeline.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// One worker's queries that wait for the targets of rules.
///
/// A query that waits is kept as it came. When its question has been answered, or nobody could, the
/// answer is put into the cache and the query is decided anew, from its beginning: so a chain may
/// lead from zone to rule to zone, and a reload in between is no matter. What the cache does not
/// keep (a TTL of 0) goes along with the query.
/// Threads: the worker's. Cost: a query that waits takes some 400 octets, which are used again.
class Forwarding final : public QueryForwarder, public forward::ForwardOwner {
 public:
  /// Questions for targets that one query may lead to. Source: `dns.md` §3 (a bound of 16).
  static constexpr uint32_t kMaxQuestions = 16;

  /// `tls`: whom DoT targets are trusted by; null: there are none.
  /// `workers`: how many there are, who share the process's descriptors. `renders_json`: records
  /// are written. Lifetime: everything given outlives this.
  Forwarding(net::Loop& loop, const settings::Forward& settings, const net::TlsClientContext* tls,
             cache::Cache& cache, Responder& responder, WorkerCounts& counts, uint32_t workers,
             bool renders_json);
  ~Forwarding();

  /// From now on the rules are those of `state`. What the cache has of other rules is forgotten.
  void take_up(const resolver::ResolverState& state);

  //--- QueryForwarder
  void begin(const ReplyTo& to, Bytes message, const resolver::ForwardQuestion& question) override;
  void refresh(const resolver::ForwardQuestion& question) override;
  void forget(const Replier& replier) override;

  [[nodiscard]] size_t waiting() const noexcept { return waiting_; }

 private:
  struct Waiting;

  void forwarded(uint64_t token, const forward::ForwardResult& result) override;

  Waiting& take_slot();
  void release(Waiting& query);
  [[nodiscard]] Waiting* find(uint64_t token) noexcept;
  /// Asks the targets; false when they can't be asked, and the query is answered with a failure.
  [[nodiscard]] bool ask(Waiting& query, const resolver::ForwardQuestion& question);
  /// Puts what came into the cache, or into the query.
  void keep(Waiting& query, const forward::TargetResponse& response);
  void keep_failure(Waiting& query, dns::Ede ede);
  void store(Waiting& query, const cache::ReceivedResponse& response);
  /// Decides the query anew, and answers or asks again.
  void resume(Waiting& query);
  void answer(Waiting& query, Bytes response);

  cache::Cache& cache_;
  Responder& responder_;
  WorkerCounts& counts_;
  const bool renders_json_;
  forward::Forwarder forwarder_;
  std::vector<std::shared_ptr<const forward::TargetGroup>> groups_;  // as the state's rules
  std::vector<resolver::ForwardRule> rules_;
  uint32_t generation_ = 0;  // of the rules
  std::vector<std::unique_ptr<Waiting>> slots_;
  std::vector<uint32_t> free_;
  size_t waiting_ = 0;
  std::unique_ptr<uint8_t[]> buffer_;  // of one response
};

}  // namespace inlet53::server
