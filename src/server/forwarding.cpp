#include "forwarding.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "inlet53/base/check.h"

namespace inlet53::server {

using cache::CachedRRset;
using cache::ReceivedResponse;
using forward::EndedFetch;
using forward::ForwardResult;
using forward::Submitted;
using forward::TargetResponse;

namespace {

std::shared_ptr<const forward::TargetGroup> make_group(const resolver::ForwardRule& rule) {
  auto group = std::make_shared<forward::TargetGroup>();
  group->id = rule.id;
  group->apex = rule.apex;
  group->sources = rule.sources;
  for (const topology::TargetAddress& target : rule.targets) {
    const auto protocol = target.protocol == topology::TargetProtocol::DoT
                              ? forward::TargetProtocol::DoT
                              : forward::TargetProtocol::Do53;
    group->targets.push_back({target.address, protocol, target.server_name_indication});
  }
  return group;
}

constexpr dns::ExtendedError kTooManyOfClient{dns::Ede::Other,
                                              "too many queries of this client wait for targets"};
constexpr dns::ExtendedError kTooManyQuestions{dns::Ede::Other,
                                               "the name leads to too many questions for targets"};
constexpr dns::ExtendedError kTimeIsUp{dns::Ede::NoReachableAuthority,
                                       "no target of the rule has answered in time"};

// Of a target's own error the code is passed on: our texts say what happened here.
std::optional<dns::ExtendedError> error_of_target(std::optional<uint16_t> code) noexcept {
  if (!code) return std::nullopt;
  return dns::ExtendedError{static_cast<dns::Ede>(*code)};
}

cache::CacheKey key_of(const resolver::ForwardQuestion& question) noexcept {
  return {question.qname, question.qtype, question.scope, question.hash};
}

ReceivedResponse failure_of(const dns::ExtendedError& error) {
  ReceivedResponse failure;
  failure.rcode = dns::Rcode::ServFail;
  failure.ede = error;
  return failure;
}

// What targets said, as cache, record and waiting queries take it.
class Received {
 public:
  explicit Received(const TargetResponse& from, bool with_texts) {
    response_.rcode = from.rcode;
    response_.ede = error_of_target(from.ede);
    const size_t count = std::min(from.answer.size(), answers_.size());
    for (size_t i = 0; i < count; ++i) {
      const dns::ChainRRset& rrset = from.answer[i];
      if (with_texts) texts_[i] = record::render_answers(rrset.rrset);
      answers_[i] = {rrset.owner, rrset.rrset, texts_[i]};
    }
    response_.answers = {answers_.data(), count};
    if (from.soa == nullptr) return;
    soa_ = {from.soa->owner, from.soa->rrset, {}};
    response_.authority = &soa_;
  }
  Received(const ForwardResult& result, bool with_texts)
      : Received(result ? *result : TargetResponse{}, with_texts) {
    if (!result) response_ = failure_of(result.error().error());
  }
  Received(const Received&) = delete;
  Received& operator=(const Received&) = delete;

  [[nodiscard]] const ReceivedResponse& response() const noexcept { return response_; }

 private:
  static constexpr size_t kMost = dns::AnswerChain::kMaxAliases + 1;
  static_assert(kMost <= cache::kMaxCachedAnswers);

  std::array<CachedRRset, kMost> answers_;
  std::array<std::string, kMost> texts_;
  CachedRRset soa_;
  ReceivedResponse response_;
};

}  // namespace

Forwarding::Forwarding(net::Loop& loop, const Options& options, cache::Cache& cache,
                       Responder& responder, WorkerCounts& counts)
    : options_(options),
      cache_(cache),
      responder_(responder),
      counts_(counts),
      records_(options.outbound_records ? options.log : nullptr),
      forwarder_(loop, options.forward, *this, options.tls, options.workers),
      queries_(options.forward.query_timeout_ms + kGraceMs),
      expiry_(loop, [this] { expire(); }),
      buffer_(std::make_unique<uint8_t[]>(dns::kMaxMessage)) {}

void Forwarding::take_up(const resolver::ResolverState& state) {
  std::vector<std::shared_ptr<const forward::TargetGroup>> groups;
  std::unordered_map<uint32_t, uint32_t> by_scope;
  bool keeps_any = false;
  for (const resolver::ForwardRule& rule : state.forward_rules) {
    by_scope.emplace(rule.scope, static_cast<uint32_t>(groups.size()));
    const auto before = by_scope_.find(rule.scope);
    const bool known = before != by_scope_.end();
    keeps_any = keeps_any || known;
    const bool same_group = known && rules_[before->second].id == rule.id;
    groups.push_back(same_group ? groups_[before->second] : make_group(rule));
  }
  if (!keeps_any) cache_.flush_all();
  rules_ = state.forward_rules;
  groups_ = std::move(groups);
  by_scope_ = std::move(by_scope);
}

std::optional<uint32_t> Forwarding::find_rule(uint32_t scope) const noexcept {
  const auto found = by_scope_.find(scope);
  if (found == by_scope_.end()) return std::nullopt;
  return found->second;
}

//--- Asking

void Forwarding::begin(const ReplyTo& to, Bytes message,
                       const resolver::ForwardQuestion& question) {
  counts_.forwarded.add();
  const bool too_many =
      queries_.of_client(to.source.address) >= options_.forward.max_waiting_per_client;
  WaitingQuery& query = queries_.add(to, message, read_clock());
  query.may_ask = !too_many;
  query.refusal = kTooManyOfClient;
  if (!expiry_.active()) set_timer();
  if (!ask(query, question)) decide(query);
}

void Forwarding::refresh(const resolver::ForwardQuestion& question) {
  WaitingQuery& query = queries_.add_refresh();
  if (!ask(query, question)) queries_.release(query);
}

void Forwarding::forget(const Replier& replier) {
  queries_.for_each([&](WaitingQuery& query) {
    if (query.to.replier != &replier) return;
    forwarder_.cancel(query.waiter);
    queries_.release(query);
  });
}

bool Forwarding::ask(WaitingQuery& query, const resolver::ForwardQuestion& question) {
  query.qname = dns::Name(question.qname);
  query.question = question;
  query.question.qname = query.qname.view();
  ++query.questions;
  INLET53_CHECK(question.rule < groups_.size());
  if (!query.may_ask || query.questions > kMaxQuestions) {
    fail_alone(query, query.may_ask ? kTooManyQuestions : query.refusal);
    return false;
  }
  const Submitted submitted = forwarder_.submit(
      {query.question.qname, question.qtype, groups_[question.rule], question.hash, question.scope},
      query.token());
  query.waiter = submitted.waiter;
  if (submitted.outcome != Submitted::Outcome::Refused) return true;
  // The targets were not asked: this says nothing for other queries, and is not stored.
  if (submitted.failure.is_ours() && options_.no_room) options_.no_room();
  fail_alone(query, submitted.failure.error());
  return false;
}

//--- Results

bool Forwarding::concluded(const EndedFetch& fetch, const ForwardResult& result) {
  // A reload has changed or removed the rule: the result is not about the others.
  const auto rule = find_rule(fetch.query.scope);
  if (!rule) return false;
  const resolver::ForwardQuestion question{*rule, fetch.query.scope, fetch.query.qname,
                                           fetch.query.qtype, fetch.query.name_hash};
  const Received received(result, options_.log != nullptr);
  const Now now = read_clock();
  if (fetch.sent_from) {
    records_.write(rules_[question.rule], question, received.response(), *fetch.sent_from, now);
  }
  const cache::CacheKey key = key_of(question);
  const bool ours = !result && result.error().is_ours();
  if (!ours && cache_.insert(key, received.response(), now.monotonic_ms)) return true;
  // A failure does not take the place of an answer that is still good enough (RFC 8767 §5).
  return !result && cache_.find(key, now.monotonic_ms);
}

void Forwarding::resume(uint64_t token, const ForwardResult& result, bool stored) {
  WaitingQuery* query = queries_.find(token);
  if (query == nullptr) return;
  // The answer of a rule that a reload has changed or removed counts for nothing.
  if (const auto rule = find_rule(query->question.scope)) {
    query->question.rule = *rule;
    if (!result) {
      counts_.forward_failed.add();
      query->failed.push_back({query->question.scope, query->question.hash});
    }
    if (!stored) query->kept.emplace_back(query->question, Received(result, false).response());
  }
  if (query->to.replier == nullptr) return queries_.release(*query);
  decide(*query);
}

//--- Time

void Forwarding::expire() {
  const uint64_t now = read_clock().monotonic_ms;
  while (WaitingQuery* query = queries_.take_expired(now)) {
    forwarder_.cancel(query->waiter);
    query->may_ask = false;
    query->refusal = kTimeIsUp;
    fail_alone(*query, kTimeIsUp);
    decide(*query);
  }
  set_timer();
}

void Forwarding::set_timer() {
  const auto next = queries_.next_expiry_ms();
  if (!next) return;
  const uint64_t now = read_clock().monotonic_ms;
  expiry_.start(*next > now ? *next - now : 0);
}

void Forwarding::fail_alone(WaitingQuery& query, const dns::ExtendedError& error) {
  counts_.forward_failed.add();
  query.failed.push_back({query.question.scope, query.question.hash});
  if (cache_.find(key_of(query.question), read_clock().monotonic_ms)) return;
  query.kept.emplace_back(query.question, failure_of(error));
}

//--- Answering

void Forwarding::decide(WaitingQuery& query) {
  std::array<resolver::ReceivedAnswer, kMaxQuestions + 1> received;
  for (;;) {
    const size_t count = std::min(query.kept.size(), received.size());
    const size_t first = query.kept.size() - count;
    for (size_t i = 0; i < count; ++i) received[i] = query.kept[first + i].view();
    Now now = read_clock();
    now.wall_seconds = query.arrived;
    responder_.begin_batch(query.to.replier->address(), now);
    std::ranges::copy(query.message, buffer_.get());
    const Resumption with{{received.data(), count}, query.failed};
    const Reply reply =
        responder_.answer(query.to.source, query.to.transport, {buffer_.get(), dns::kMaxMessage},
                          query.message.size(), &with);
    if (reply.asks != resolver::Asks::First) return answer(query, {buffer_.get(), reply.size});
    // The same question again is one that neither cache nor query has kept: then it fails.
    if (query.questions > kMaxQuestions && std::exchange(query.may_ask, false)) {
      query.refusal = kTooManyQuestions;
    }
    if (query.questions > 3 * kMaxQuestions) return answer(query, {});
    if (ask(query, responder_.question())) return;
  }
}

void Forwarding::answer(WaitingQuery& query, Bytes response) {
  const ReplyTo to = query.to;
  queries_.release(query);
  to.replier->reply(to, response);
}

}  // namespace inlet53::server
