#include "forwarding.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "kept_answer.h"

#include "inlet53/base/check.h"

namespace inlet53::server {

using cache::CachedRRset;
using cache::ReceivedResponse;
using forward::ForwardFailure;
using forward::ForwardResult;
using forward::Submitted;
using forward::TargetResponse;

/// One query that waits, or (without a replier) a refresh of the cache.
struct Forwarding::Waiting {
  uint32_t index = 0;
  uint32_t uses = 0;  // of the slot, so that a token of an earlier use is told from this one's
  bool waits = false;
  ReplyTo to;
  std::vector<uint8_t> message;
  int64_t arrived = 0;  // wall seconds: the record's time
  uint32_t questions = 0;
  dns::Name qname;  // of the question that is asked
  resolver::ForwardQuestion question;
  uint32_t generation = 0;  // of the rules that it is about
  forward::WaiterId waiter;
  std::vector<KeptAnswer> kept;
  bool take_stale = false;

  [[nodiscard]] uint64_t token() const noexcept { return (uint64_t{uses} << 32) | index; }
};

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

// The same rules in the same places: what the cache has of them is theirs.
bool are_the_same(const std::vector<resolver::ForwardRule>& a,
                  const std::vector<resolver::ForwardRule>& b) {
  return std::ranges::equal(a, b,
                            [](const resolver::ForwardRule& one, const resolver::ForwardRule& two) {
                              return one.asks_the_same_as(two);
                            });
}

std::optional<dns::Ede> to_ede(std::optional<uint16_t> code) noexcept {
  if (!code) return std::nullopt;
  return static_cast<dns::Ede>(*code);
}

}  // namespace

Forwarding::Forwarding(net::Loop& loop, const settings::Forward& settings,
                       const net::TlsClientContext* tls, cache::Cache& cache, Responder& responder,
                       WorkerCounts& counts, uint32_t workers, bool renders_json)
    : cache_(cache),
      responder_(responder),
      counts_(counts),
      renders_json_(renders_json),
      forwarder_(loop, settings, tls, workers),
      buffer_(std::make_unique<uint8_t[]>(dns::kMaxMessage)) {}
Forwarding::~Forwarding() = default;

void Forwarding::take_up(const resolver::ResolverState& state) {
  if (are_the_same(rules_, state.forward_rules)) return;
  rules_ = state.forward_rules;
  groups_.clear();
  for (const resolver::ForwardRule& rule : rules_) groups_.push_back(make_group(rule));
  ++generation_;
  cache_.flush_all();
}

//--- Waiting

Forwarding::Waiting& Forwarding::take_slot() {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.push_back(std::make_unique<Waiting>());
    slots_.back()->index = free_.back();
  }
  Waiting& query = *slots_[free_.back()];
  free_.pop_back();
  ++query.uses;
  query.waits = true;
  query.questions = 0;
  query.take_stale = false;
  ++waiting_;
  return query;
}

void Forwarding::release(Waiting& query) {
  query.waits = false;
  query.to = {};
  query.kept.clear();
  free_.push_back(query.index);
  --waiting_;
}

Forwarding::Waiting* Forwarding::find(uint64_t token) noexcept {
  Waiting& query = *slots_[static_cast<uint32_t>(token)];
  return query.waits && query.token() == token ? &query : nullptr;
}

void Forwarding::begin(const ReplyTo& to, Bytes message,
                       const resolver::ForwardQuestion& question) {
  Waiting& query = take_slot();
  counts_.forwarded.add();
  query.to = to;
  query.message.assign(message.begin(), message.end());
  query.arrived = read_clock().wall_seconds;
  if (!ask(query, question)) resume(query);
}

void Forwarding::refresh(const resolver::ForwardQuestion& question) {
  Waiting& query = take_slot();
  query.to = {};
  if (!ask(query, question)) release(query);
}

void Forwarding::forget(const Replier& replier) {
  for (const auto& query : slots_) {
    if (!query->waits || query->to.replier != &replier) continue;
    forwarder_.cancel(query->waiter);
    release(*query);
  }
}

//--- Asking

bool Forwarding::ask(Waiting& query, const resolver::ForwardQuestion& question) {
  query.qname = dns::Name(question.qname);
  query.question = question;
  query.question.qname = query.qname.view();
  query.generation = generation_;
  ++query.questions;
  INLET53_CHECK(question.rule < groups_.size());
  if (query.questions > kMaxQuestions) {
    keep_failure(query, dns::Ede::Other);
    return false;
  }
  const Submitted submitted = forwarder_.submit(
      {query.question.qname, question.qtype, groups_[question.rule]}, *this, query.token());
  query.waiter = submitted.waiter;
  if (submitted.outcome != Submitted::Outcome::Refused) return true;
  keep_failure(query, submitted.failure.ede);
  return false;
}

void Forwarding::forwarded(uint64_t token, const ForwardResult& result) {
  Waiting* query = find(token);
  if (query == nullptr) return;
  // A reload has changed the rules: what was said is not about them.
  if (query->generation != generation_) {
    query->kept.clear();
  } else if (result) {
    keep(*query, *result);
  } else {
    keep_failure(*query, result.error().ede);
  }
  if (query->to.replier == nullptr) return release(*query);
  resume(*query);
}

//--- Keeping

void Forwarding::keep(Waiting& query, const TargetResponse& response) {
  std::array<CachedRRset, cache::kMaxCachedAnswers> answers;
  std::array<std::string, cache::kMaxCachedAnswers> texts;
  const size_t count = std::min(response.answer.size(), answers.size());
  for (size_t i = 0; i < count; ++i) {
    const dns::ChainRRset& rrset = response.answer[i];
    if (renders_json_) texts[i] = record::render_answers(rrset.rrset);
    answers[i] = {rrset.owner, rrset.rrset, texts[i]};
  }
  CachedRRset soa;
  ReceivedResponse received;
  received.rcode = response.rcode;
  received.answers = {answers.data(), count};
  received.ede = to_ede(response.ede);
  if (response.soa != nullptr) {
    soa = {response.soa->owner, response.soa->rrset, {}};
    received.authority = &soa;
  }
  store(query, received);
}

// Whatever the cache still has is answered before this, however old (RFC 8767 §5).
void Forwarding::keep_failure(Waiting& query, dns::Ede ede) {
  counts_.forward_failed.add();
  query.take_stale = true;
  ReceivedResponse failure;
  failure.rcode = dns::Rcode::ServFail;
  failure.ede = ede;
  store(query, failure);
}

void Forwarding::store(Waiting& query, const ReceivedResponse& response) {
  const resolver::ForwardQuestion& question = query.question;
  const cache::CacheKey key{question.qname, question.qtype, question.rule, question.hash};
  const uint64_t now_ms = read_clock().monotonic_ms;
  if (cache_.insert(key, response, now_ms)) return;
  if (query.take_stale && cache_.find(key, now_ms)) return;
  query.kept.emplace_back(question, response);
}

//--- Answering

void Forwarding::resume(Waiting& query) {
  std::array<resolver::ReceivedAnswer, kMaxQuestions + 1> received;
  for (;;) {
    const size_t count = std::min(query.kept.size(), received.size());
    for (size_t i = 0; i < count; ++i) received[i] = query.kept[i].view();
    Now now = read_clock();
    now.wall_seconds = query.arrived;
    responder_.begin_batch(query.to.replier->address(), now);
    std::ranges::copy(query.message, buffer_.get());
    const Resumption with{{received.data(), count}, query.take_stale};
    const Reply reply =
        responder_.answer(query.to.source, query.to.transport, {buffer_.get(), dns::kMaxMessage},
                          query.message.size(), &with);
    if (reply.asks != resolver::Asks::First) return answer(query, {buffer_.get(), reply.size});
    // The same question again is one that neither cache nor query has kept: there is no end to it.
    if (query.questions > kMaxQuestions) return answer(query, {});
    if (ask(query, responder_.question())) return;
  }
}

void Forwarding::answer(Waiting& query, Bytes response) {
  const ReplyTo to = query.to;
  release(query);
  to.replier->reply(to, response);
}

}  // namespace inlet53::server
