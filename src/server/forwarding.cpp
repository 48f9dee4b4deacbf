// SPDX-License-Identifier: Apache-2.0
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

constexpr dns::ExtendedError kTimedOut{dns::Ede::NoReachableAuthority,
                                       "no target of the rule has answered in time"};

// Passes on the code of a target's extended error without its text.
std::optional<dns::ExtendedError> error_of_target(std::optional<uint16_t> code) noexcept {
  if (!code) return std::nullopt;
  return dns::ExtendedError{static_cast<dns::Ede>(*code)};
}

cache::CacheKey key_of(const resolver::ForwardQuestion& question) noexcept {
  return {question.qname, question.qtype, question.scope, question.hash};
}

// Returns why this host sent no query; absent: it sent queries, or targets cannot be reached.
std::optional<ForwardRefusal> refusal_of(const forward::ForwardFailure& failure) noexcept {
  switch (failure.limit) {
    case forward::ForwardLimit::Waiters:
      return ForwardRefusal::QuestionFull;
    case forward::ForwardLimit::Fetches:
      return ForwardRefusal::QuestionsFull;
    case forward::ForwardLimit::Targets:
      return ForwardRefusal::TargetsFull;
    case forward::ForwardLimit::None:
      break;
  }
  if (failure.is_ours()) return ForwardRefusal::NotSent;
  return std::nullopt;
}

ReceivedResponse failure_of(const dns::ExtendedError& error) {
  ReceivedResponse failure;
  failure.rcode = dns::Rcode::ServFail;
  failure.ede = error;
  return failure;
}

// Result of a fetch in the form for the cache, the record and waiting queries.
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

record::Transport transport_of(forward::SentFrom::Via via) noexcept {
  switch (via) {
    case forward::SentFrom::Via::Udp:
      return record::Transport::Udp;
    case forward::SentFrom::Via::Tcp:
      return record::Transport::Tcp;
    case forward::SentFrom::Via::Tls:
      return record::Transport::Dot;
  }
  return record::Transport::Udp;
}

}  // namespace

Forwarding::Forwarding(net::Loop& loop, const Options& options, cache::Cache& cache,
                       Responder& responder, WorkerCounts& counts)
    : options_(options),
      cache_(cache),
      responder_(responder),
      counts_(counts),
      records_(options.settings.query_log.outbound ? options.log : nullptr),
      forwarder_(loop, options.settings.forward, *this, options.tls,
                 options.settings.server.workers),
      shares_(options.settings.forward),
      trim_(loop),
      queries_(options.settings.forward.query_timeout_ms + kGraceMs),
      expiry_(loop, [this] { expire(); }),
      buffer_(std::make_unique<uint8_t[]>(dns::kMaxMessage)) {}

void Forwarding::replace_state(const resolver::ResolverState& state) {
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
  targets_.assign(rules_);
}

std::optional<uint32_t> Forwarding::find_rule(uint32_t scope) const noexcept {
  const auto found = by_scope_.find(scope);
  if (found == by_scope_.end()) return std::nullopt;
  return found->second;
}

//--- Forwarding a question

void Forwarding::enqueue(const ReplyTo& to, Bytes message,
                         const resolver::ForwardQuestion& question) {
  counts_.forwarded.add();
  WaitingQuery& query = queries_.add(to, message, read_clock());
  if (const auto refusal = shares_.refuse_query(query.client, message.size())) {
    // The query does not wait: it gets an answer from the cache or the refusal.
    counts_.forward_refused[static_cast<size_t>(*refusal)].add();
    query.may_ask = false;
    query.refusal = {dns::Ede::Other, text_of(*refusal)};
  } else {
    query.octets = ForwardShares::kQueryOctets + message.size();
    shares_.add_query(query.client, query.octets);
    trim_.grown_to(shares_.octets());
  }
  if (!expiry_.active()) set_timer();
  if (!forward_question(query, question)) decide(query);
}

void Forwarding::refresh(const resolver::ForwardQuestion& question) {
  WaitingQuery& query = queries_.add_refresh();
  if (const auto refusal = shares_.refuse_query(query.client, 0)) {
    counts_.forward_refused[static_cast<size_t>(*refusal)].add();
    return queries_.release(query);
  }
  query.octets = ForwardShares::kQueryOctets;
  shares_.add_query(query.client, query.octets);
  if (!forward_question(query, question)) release(query);
}

void Forwarding::cancel(const Replier& replier) {
  queries_.for_each([&](WaitingQuery& query) {
    if (query.to.replier != &replier) return;
    forwarder_.cancel(query.waiter);
    release(query);
  });
}

bool Forwarding::forward_question(WaitingQuery& query, const resolver::ForwardQuestion& question) {
  query.qname = dns::Name(question.qname);
  query.question = question;
  query.question.qname = query.qname.view();
  ++query.questions;
  INLET53_CHECK(question.rule < groups_.size());
  if (!query.may_ask) {
    fail_alone(query, query.refusal);
    return false;
  }
  if (query.questions > kMaxQuestions) {
    refuse(query, ForwardRefusal::TooManyQuestions);
    return false;
  }
  return submit(query);
}

bool Forwarding::submit(WaitingQuery& query) {
  const resolver::ForwardQuestion& question = query.question;
  const auto& group = groups_[question.rule];
  const uint32_t targets = targets_[question.rule];
  release_targets(query);
  const forward::Forwarder::Places places = forwarder_.places(group);
  // A client does not wait for silent targets if the cache has a stale answer (RFC 8767 §5). The
  // question is forwarded anyway.
  if (places.silent && query.to.replier != nullptr && has_stale(query)) {
    refresh(question);
    query.failed.push_back({question.scope, question.hash});
    return false;
  }
  const auto refusal = shares_.refuse_question(query.client, targets, {places.used, places.limit},
                                               forwarder_.in_flight());
  // A question that joins an equal one in progress needs no share.
  const Submitted submitted = forwarder_.submit(
      {question.qname, question.qtype, group, question.hash, question.scope, refusal.has_value()},
      query.token());
  query.waiter = submitted.waiter;
  switch (submitted.outcome) {
    case Submitted::Outcome::Started:
      query.targets = targets;
      shares_.add_question(query.client, targets);
      return true;
    case Submitted::Outcome::Joined:
      return true;
    case Submitted::Outcome::NotJoined:
      refuse(query, *refusal);
      return false;
    case Submitted::Outcome::Refused:
      break;
  }
  // No query was sent: the failure does not apply to other queries and is not stored.
  refuse(query, submitted.failure);
  return false;
}

bool Forwarding::has_stale(const WaitingQuery& query) noexcept {
  const auto hit = cache_.find(key_of(query.question), read_clock().monotonic_ms);
  return hit && hit->freshness == cache::Freshness::Stale;
}

void Forwarding::release_targets(WaitingQuery& query) {
  if (!query.targets) return;
  shares_.remove_question(query.client, *query.targets);
  query.targets.reset();
}

void Forwarding::release(WaitingQuery& query) {
  release_targets(query);
  if (query.octets > 0) shares_.remove_query(query.client, query.octets);
  trim_.fallen_to(shares_.octets());
  queries_.release(query);
}

//--- Results

bool Forwarding::concluded(const EndedFetch& fetch, const ForwardResult& result) {
  // A reload has changed or removed the rule: its result does not apply to the new rules.
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
  // A failure does not replace a stale answer (RFC 8767 §5).
  return !result && cache_.find(key, now.monotonic_ms);
}

void Forwarding::resume(uint64_t token, const ForwardResult& result, bool stored) {
  WaitingQuery* query = queries_.find(token);
  if (query == nullptr) return;
  // Ignores the answer of a rule that a reload has changed or removed.
  if (const auto rule = find_rule(query->question.scope)) {
    query->question.rule = *rule;
    if (!result) {
      counts_.forward_failed.add();
      query->failed.push_back({query->question.scope, query->question.hash});
      if (const auto refusal = refusal_of(result.error())) {
        counts_.forward_refused[static_cast<size_t>(*refusal)].add();
      }
    }
    if (!stored) keep(*query, Received(result, false).response());
  }
  if (query->to.replier == nullptr) return release(*query);
  decide(*query);
}

//--- Time

void Forwarding::expire() {
  const uint64_t now = read_clock().monotonic_ms;
  while (WaitingQuery* query = queries_.pop_expired(now)) {
    forwarder_.cancel(query->waiter);
    query->may_ask = false;
    query->refusal = kTimedOut;
    fail_alone(*query, kTimedOut);
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

//--- Failing

void Forwarding::keep(WaitingQuery& query, const ReceivedResponse& response) {
  if (!shares_.grow_query(query.client, KeptAnswer::octets_of(query.question, response))) {
    return refuse(query, ForwardRefusal::MemoryFull);
  }
  query.octets += KeptAnswer::octets_of(query.question, response);
  query.kept.emplace_back(query.question, response);
}

void Forwarding::fail_alone(WaitingQuery& query, const dns::ExtendedError& error) {
  counts_.forward_failed.add();
  query.failed.push_back({query.question.scope, query.question.hash});
  if (cache_.find(key_of(query.question), read_clock().monotonic_ms)) return;
  query.kept.emplace_back(query.question, failure_of(error));
}

void Forwarding::refuse(WaitingQuery& query, const forward::ForwardFailure& failure) {
  if (const auto refusal = refusal_of(failure)) {
    counts_.forward_refused[static_cast<size_t>(*refusal)].add();
    if (options_.limit_reached) options_.limit_reached();
  }
  fail_alone(query, failure.error());
}

void Forwarding::refuse(WaitingQuery& query, ForwardRefusal refusal) {
  counts_.forward_refused[static_cast<size_t>(refusal)].add();
  if (options_.limit_reached) options_.limit_reached();
  fail_alone(query, {dns::Ede::Other, text_of(refusal)});
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
    std::ranges::copy(query.message, buffer_.get());
    const Arrival how{query.to.replier->address(), query.to.transport, now};
    const Resumption with{{received.data(), count}, query.failed};
    const Reply reply = responder_.answer(how, query.to.source, {buffer_.get(), dns::kMaxMessage},
                                          query.message.size(), &with);
    if (reply.fetch_for != resolver::FetchFor::Answer) {
      return answer(query, {buffer_.get(), reply.size});
    }
    // Neither the cache nor the query has stored enough answers: no more questions are forwarded.
    if (query.questions > kMaxQuestions && query.may_ask) {
      query.may_ask = false;
      query.refusal = {dns::Ede::Other, text_of(ForwardRefusal::TooManyQuestions)};
    }
    if (query.questions > 3 * kMaxQuestions) return answer(query, {});
    if (forward_question(query, *reply.question)) return;
  }
}

void Forwarding::answer(WaitingQuery& query, Bytes response) {
  const ReplyTo to = query.to;
  release(query);
  to.replier->reply(to, response);
}

void OutboundRecords::write(const resolver::ForwardRule& rule,
                            const resolver::ForwardQuestion& question,
                            const cache::ReceivedResponse& response, const forward::SentFrom& from,
                            Now now) {
  if (log_ == nullptr) return;
  const resolver::OutboundAddress& outbound = rule.outbound_for(from.address);
  records_.set_origin(outbound.fragments, now.wall_seconds);

  std::array<record::AnswerRRset, cache::kMaxCachedAnswers> answers;
  const size_t count = std::min(response.answers.size(), answers.size());
  for (size_t i = 0; i < count; ++i)
    answers[i] = {response.answers[i].wire, response.answers[i].text};

  record::QueryRecord record;
  record.qname = question.qname;
  record.qtype = question.qtype;
  record.rcode = response.rcode;
  record.answers = {answers.data(), count};
  record.source = outbound.address;
  record.source_port = from.address.port;
  record.transport = transport_of(from.via);
  char* out = log_->reserve(records_.max_size(record));
  if (out == nullptr) return;  // the appender counts the lost record
  log_->commit(records_.write(record, out));
}

}  // namespace inlet53::server
