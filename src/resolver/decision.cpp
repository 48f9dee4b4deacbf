// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/decision.h"

#include <algorithm>
#include <utility>

#include "decision_builder.h"

namespace inlet53::resolver {

namespace {

using dns::NameView;
using dns::RRType;
using record::AnswerRRset;
using zone::Found;

// Zone transfers are not supported (RFC 5936, RFC 1995). MAILA and MAILB are obsolete (RFC 1035
// §3.2.3).
bool is_refused_type(uint16_t qtype) {
  return is_type(qtype, RRType::AXFR) || is_type(qtype, RRType::IXFR) ||
         is_type(qtype, RRType::MAILA) || is_type(qtype, RRType::MAILB);
}

//--- Reasons

/// Keeps no reason.
struct NoReasons {
  static constexpr bool kWanted = false;
};
/// Keeps the reason of each step.
struct KeptReasons {
  static constexpr bool kWanted = true;
  std::vector<Reason>& kept;
};

/// Decides one query, name by name. With NoReasons, reasons cost nothing.
template <class Reasons>
class Walk {
 public:
  Walk(const Question& question, const Sources& sources, Workspace& workspace, Decision& decision,
       const Firewall* firewall, Reasons reasons) noexcept
      : question_(question),
        sources_(sources),
        address_(sources.address),
        workspace_(workspace),
        decision_(decision),
        builder_(question, sources.address, workspace, decision),
        reasons_(reasons),
        firewall_(firewall) {}

  void run() noexcept(!Reasons::kWanted) {
    const zone::NameKey* key = &question_.key;
    const NameView* owner = &question_.qname;
    NameView followed;
    for (;;) {
      const Step step = decide_name(*key, *owner);
      if (step.kind != Step::Kind::Follow) return;
      if (builder_.answer_count() == kMaxChain) {
        fail(*key);
        return;
      }
      followed = step.name;
      owner = &followed;
      workspace_.alias.assign(followed, address_.zones->seed());
      key = &workspace_.alias;
    }
  }

 private:
  Step decide_name(const zone::NameKey& key, const NameView& owner) noexcept(!Reasons::kWanted) {
    if (firewall_ != nullptr && !passes_firewall(key)) return end();
    // Zones that are more specific than the rule precede it.
    RuleIndex::Match rule;
    size_t end = key.label_count() + 1;
    if (address_.rules != nullptr) {
      rule = address_.rules->find(key);
      if (rule.forward != RuleIndex::kSystem) end = rule.label;
    }
    zone::LookupResult& lookup = workspace_.lookup;
    address_.zones->find_below(end, key, question_.qtype, question_.rotation, address_.delegation,
                               lookup);
    explain_lookup(key, end, rule);
    if (rule.forward != RuleIndex::kSystem && lookup.found == Found::NotCovered) {
      // `forward` is called on copies, so that no address of this walk, its question or its sources
      // leaves the function and all of them stay in registers. The copies are made member by
      // member: to copy a whole object, the compiler keeps it in memory.
      const Question question{
          question_.key, NameView::from_checked(question_.qname.data(), question_.qname.size()),
          question_.qtype, question_.qclass, question_.rotation};
      const Sources sources{address_,
                            sources_.cache,
                            sources_.now_ms,
                            {sources_.received.data(), sources_.received.size()},
                            {sources_.failed.data(), sources_.failed.size()}};
      Walk apart(question, sources, workspace_, decision_, firewall_, reasons_);
      const Step step = apart.forward(rule, key, owner);
      firewall_ = apart.firewall_;
      return step;
    }
    if (lookup.found == Found::Answer) {  // the common case
      decision_.add_answer(owner, lookup.rrset);
      return resolver::end();
    }
    return builder_.add_found(lookup, owner);
  }

  //--- Rules

  /// Adds the answer of the rule's targets, or sets the question for them. Not inlined: inlined
  /// into `decide_name` it costs each answer of a zone 9 instructions.
  [[gnu::noinline, gnu::cold]] Step forward(RuleIndex::Match match, const zone::NameKey& key,
                                            NameView owner) noexcept(!Reasons::kWanted) {
    if (!decision_.forwards) {
      decision_.forwards = true;
      workspace_.answer_ages.fill({});
      workspace_.authority_age = {};
    }
    const uint32_t rule = match.forward;
    const ForwardQuestion question{rule, match.scope, key.name().view(), question_.qtype,
                                   key.hash(0, key.label_count())};
    for (const ReceivedAnswer& got : sources_.received) {
      if (got.question.scope == match.scope && got.question.qname.equals(question.qname)) {
        add_reason({.what = Reason::What::Received, .rule = rule}, key);
        return add_received(got.response, owner, rule);
      }
    }
    const bool failed = std::ranges::any_of(sources_.failed, [&](const FailedQuestion& each) {
      return each.scope == match.scope && each.hash == question.hash;
    });
    std::optional<cache::CacheHit> hit;
    if (sources_.cache != nullptr) {
      hit = sources_.cache->find({question.qname, question.qtype, match.scope, question.hash},
                                 sources_.now_ms);
    }
    // A stale answer is used when the targets failed now or were asked a moment ago.
    const bool fresh = hit && hit->freshness == cache::Freshness::Fresh;
    if (!hit || !(fresh || failed || !hit->refresh_due)) {
      add_reason({.what = Reason::What::Missed, .rule = rule}, key);
      set_question(FetchFor::Answer, question);
      return {{}, Step::Kind::Ask};
    }
    add_reason({.what = Reason::What::Cached, .holds = fresh, .rule = rule}, key);
    if (hit->refresh_due && !failed && decision_.fetch_for == FetchFor::Nothing) {
      set_question(FetchFor::Refresh, question);
    }
    return add_cached(*hit, owner, rule);
  }

  /// Copies the name, because its key may be the caller's or be reused for the next name.
  void set_question(FetchFor fetch_for, const ForwardQuestion& question) noexcept {
    workspace_.asked.assign(question.qname);
    workspace_.question = question;
    workspace_.question.qname = workspace_.asked.view();
    decision_.fetch_for = fetch_for;
  }

  Step add_received(const cache::ReceivedResponse& got, NameView owner,
                    uint32_t rule) noexcept(!Reasons::kWanted) {
    decision_.rcode = got.rcode;
    decision_.set_ede(got.ede);
    for (const cache::CachedRRset& rrset : got.answers) {
      const bool is_first = rrset.owner.equals(owner);
      const auto end = add_forwarded(is_first ? owner : rrset.owner, rrset, {}, rule);
      if (end) return *end;
    }
    if (got.authority != nullptr) set_authority(*got.authority, {});
    return end_of_forwarded(got.answers.empty());
  }

  Step add_cached(const cache::CacheHit& hit, NameView owner,
                  uint32_t rule) noexcept(!Reasons::kWanted) {
    decision_.from_cache = true;
    decision_.rcode = hit.response.rcode();
    decision_.set_ede(hit.freshness == cache::Freshness::Stale ? stale_ede(decision_.rcode)
                                                               : hit.response.ede());
    const size_t count = hit.response.answer_count();
    for (size_t i = 0; i < count; ++i) {
      const cache::CachedRRset rrset = hit.response.answer(i, owner);
      if (const auto end = add_forwarded(rrset.owner, rrset, hit.ttl, rule)) return *end;
    }
    if (hit.response.has_authority()) set_authority(hit.response.authority(owner), hit.ttl);
    return end_of_forwarded(count == 0);
  }

  /// Source: RFC 8914 §4.4, §4.20.
  static std::optional<dns::ExtendedError> stale_ede(dns::Rcode rcode) noexcept {
    return dns::ExtendedError{rcode == dns::Rcode::NXDomain ? dns::Ede::StaleNXDomain
                                                            : dns::Ede::StaleAnswer};
  }

  /// Adds an RRset of a target. Returns a step when the rest of the target's answer does not count:
  /// the chain is too long, DNS Firewall blocks the target of an alias, or the alias leaves the
  /// rule.
  std::optional<Step> add_forwarded(NameView owner, const cache::CachedRRset& rrset,
                                    dns::TtlAging age, uint32_t rule) noexcept(!Reasons::kWanted) {
    if (builder_.answer_count() == kMaxChain) {
      fail(workspace_.alias);
      return end();
    }
    workspace_.answer_ages[builder_.answer_count()] = age;
    decision_.add_answer(owner, {rrset.wire, rrset.text});
    if (!is_type(rrset.wire.type, RRType::CNAME)) return std::nullopt;
    const NameView target = target_of({rrset.wire, {}});
    workspace_.alias.assign(target, address_.zones->seed());
    if (firewall_ != nullptr && !passes_firewall(workspace_.alias)) return end();
    if (!leaves_rule(rule)) return std::nullopt;
    decision_.rcode = dns::Rcode::NoError;
    return follow(target);
  }

  /// Whether `workspace_.alias`, where an alias of a target leads, belongs to a hosted zone, an
  /// endpoint or another rule. The target has no authority over it.
  [[nodiscard]] bool leaves_rule(uint32_t rule) noexcept {
    if (is_type(question_.qtype, RRType::CNAME) || is_type(question_.qtype, RRType::ANY)) {
      return false;
    }
    const RuleIndex::Match match = address_.rules->find(workspace_.alias);
    if (match.forward != rule) return true;
    address_.zones->find_below(match.label, workspace_.alias, question_.qtype, 0,
                               address_.delegation, workspace_.lookup);
    return workspace_.lookup.found != Found::NotCovered;
  }

  void set_authority(const cache::CachedRRset& soa, dns::TtlAging age) noexcept {
    decision_.set_authority(soa.owner, {soa.wire, soa.text});
    workspace_.authority_age = age;
  }

  /// Follows an alias at the end of a target's answer that the target did not follow itself.
  [[nodiscard]] Step end_of_forwarded(bool empty) noexcept {
    const dns::Rcode rcode = decision_.rcode;
    if (rcode != dns::Rcode::NoError && rcode != dns::Rcode::NXDomain) decision_.clear_answers();
    const bool denies = decision_.authority() != nullptr || rcode != dns::Rcode::NoError;
    if (denies || empty || is_type(question_.qtype, RRType::CNAME)) return end();
    const AnswerRRset& last = decision_.answers().back();
    if (!is_type(last.wire.type, RRType::CNAME) || is_type(question_.qtype, RRType::ANY)) {
      return end();
    }
    return follow(target_of(last));
  }

  //--- DNS Firewall

  /// Evaluates one name of the chain. Returns false when it is blocked.
  [[nodiscard]] bool passes_firewall(const zone::NameKey& name) noexcept(!Reasons::kWanted) {
    const FirewallVerdict verdict = firewall_->evaluate(
        name, question_.qtype,
        builder_.answer_count() == 0 ? ChainPosition::Question : ChainPosition::Redirection);
    add_reason({.what = verdict.rule != nullptr ? Reason::What::FirewallRule
                                                : Reason::What::FirewallPassed,
                .holds = verdict.blocks(),
                .firewall = verdict.rule},
               name);
    if (verdict.blocks()) {
      decision_.firewall = verdict;
      builder_.block(*verdict.rule);
      return false;
    }
    if (verdict.alerts() && decision_.firewall.rule == nullptr) decision_.firewall = verdict;
    // Such a rule matches only the question.
    if (verdict.rule != nullptr && verdict.rule->trusts_redirection) firewall_ = nullptr;
    return true;
  }

  /// Ends a chain that is too long, most likely a loop.
  void fail(const zone::NameKey& name) noexcept(!Reasons::kWanted) {
    add_reason({.what = Reason::What::ChainTooLong}, name);
    builder_.set_too_long();
  }
  //--- Reasons

  void add_reason(Reason reason, const zone::NameKey& name) noexcept(!Reasons::kWanted) {
    if constexpr (Reasons::kWanted) {
      reason.name = dns::Name(name.name().view());
      reasons_.kept.push_back(reason);
    }
  }

  /// Adds the rule or zone that the lookup in `workspace_.lookup` used.
  void explain_lookup(const zone::NameKey& key, size_t end,
                      const RuleIndex::Match& rule) noexcept(!Reasons::kWanted) {
    if constexpr (Reasons::kWanted) {
      const Found found = workspace_.lookup.found;
      const bool forwards = rule.forward != RuleIndex::kSystem;
      if (found == Found::NotCovered) {
        return add_reason({.what = forwards ? Reason::What::ForwardRule : Reason::What::NotCovered,
                           .rule = forwards ? rule.forward : 0},
                          key);
      }
      const zone::ZoneIndex::Entry* const zone =
          address_.zones->find_zone(end, key, question_.qtype);
      if (zone == nullptr) return;
      add_reason({.what = Reason::What::Zone,
                  .apex = dns::Name(zone->table->apex()),
                  .zone_kind = zone->kind,
                  .found = found},
                 key);
    }
  }

  const Question& question_;
  const Sources& sources_;
  const EndpointAddress& address_;
  Workspace& workspace_;
  Decision& decision_;
  DecisionBuilder builder_;
  [[no_unique_address]] Reasons reasons_;
  const Firewall* firewall_;  // null: there is none, or a rule exempts the rest of the chain
};

template <class Reasons>
Decision decide_with(const Question& question, const Sources& sources, Workspace& workspace,
                     Reasons reasons) noexcept(!Reasons::kWanted) {
  Decision decision(workspace, sources.address.delegation);
  if (question.qclass == static_cast<uint16_t>(dns::RRClass::IN) &&
      !is_refused_type(question.qtype)) {
    Walk<Reasons>(question, sources, workspace, decision, sources.address.firewall.get(), reasons)
        .run();
    return decision;
  }
  if constexpr (Reasons::kWanted) {
    reasons.kept.push_back(
        {.what = Reason::What::RefusedKind, .name = dns::Name(question.key.name().view())});
  }
  decision.rcode = dns::Rcode::Refused;
  decision.authoritative = false;
  return decision;
}

}  // namespace

// Not inlined: inlined it costs each answer of a zone 42 instructions.
[[gnu::noinline, gnu::cold]] void decline(const EndpointAddress& address, const zone::NameKey& key,
                                          NameView qname, uint16_t qtype, Workspace& workspace,
                                          Decision& decision) noexcept {
  constexpr dns::ExtendedError kNotCovered{dns::Ede::NotAuthoritative,
                                           "no endpoint, rule or hosted zone covers this name"};
  decision.set_ede(kNotCovered);
  if (address.root == nullptr) {
    decision.rcode = dns::Rcode::Refused;
    decision.authoritative = false;
    return;
  }
  address.root->find(key, qtype, 0, false, workspace.lookup);
  if (workspace.lookup.found == Found::Answer) {  // the SOA of the root itself
    return decision.add_answer(qname, workspace.lookup.rrset);
  }
  const bool exists = workspace.lookup.found == Found::NoData;
  decision.rcode = exists ? dns::Rcode::NoError : dns::Rcode::NXDomain;
  decision.set_authority(NameView(), workspace.lookup.rrset);
}

Decision decide(const Question& question, const Sources& sources, Workspace& workspace) noexcept {
  return decide_with(question, sources, workspace, NoReasons{});
}

Decision answer_with(const record::AnswerRRset& rrset, NameView owner, bool delegation,
                     Workspace& workspace) noexcept {
  Decision decision(workspace, delegation);
  decision.authoritative = true;
  decision.add_answer(owner, rrset);
  return decision;
}

Decision explain(const IpAddress& client, const Question& question, const Sources& sources,
                 Workspace& workspace, std::vector<Reason>& reasons) {
  const EndpointAddress& address = sources.address;
  const bool admitted =
      address.udp_sources.contains(client) || address.tcp_sources.contains(client);
  reasons.push_back({.what = Reason::What::SecurityGroup,
                     .holds = admitted,
                     .name = dns::Name(question.key.name().view())});
  return decide_with(question, sources, workspace, KeptReasons{reasons});
}

}  // namespace inlet53::resolver
