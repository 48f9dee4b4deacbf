#include "inlet53/resolver/pipeline.h"

#include <algorithm>
#include <cstring>

namespace inlet53::resolver {

namespace {

using dns::NameView;
using dns::RRType;
using record::AnswerRRset;
using zone::Finding;
using zone::Found;

bool is_type(uint16_t qtype, RRType type) { return qtype == static_cast<uint16_t>(type); }

// RFC 5936, RFC 1995: zones are not handed out here. MAILA and MAILB are obsolete (RFC 1035
// §3.2.3).
bool is_refused_type(uint16_t qtype) {
  return is_type(qtype, RRType::AXFR) || is_type(qtype, RRType::IXFR) ||
         is_type(qtype, RRType::MAILA) || is_type(qtype, RRType::MAILB);
}

// The end of `name` that `ancestor` is. A finding's names may point into a key that the next hop
// overwrites; the name itself stays.
NameView tail_of(NameView name, NameView ancestor) noexcept {
  const size_t skipped = name.size() - ancestor.size();
  return NameView::from_checked(name.data() + skipped, ancestor.size());
}

// The name that the one record of a CNAME or DNAME set holds; sources uncompress and check it.
NameView target_of(const AnswerRRset& rrset) noexcept {
  const Bytes rdata = rrset.wire.first().rdata();
  return NameView::from_checked(rdata.data(), rdata.size());
}

constexpr dns::ExtendedError kNotCovered{dns::Ede::NotAuthoritative,
                                         "no endpoint, rule or hosted zone covers this name"};
constexpr dns::ExtendedError kChainTooLong{dns::Ede::Other, "the chain of aliases is too long"};

/// Follows one query from name to name and fills the decision.
class Walk {
 public:
  Walk(const EndpointAddress& address, const dns::QueryView& query, Scratch& scratch,
       Decision& decision) noexcept
      : address_(address),
        query_(query),
        scratch_(scratch),
        decision_(decision),
        firewall_(address.firewall.get()) {}

  void run() noexcept {
    const uint16_t rotation = is_type(query_.qtype, RRType::AAAA) ? ++scratch_.aaaa_rotation
                              : is_type(query_.qtype, RRType::A)  ? ++scratch_.a_rotation
                                                                  : uint16_t{0};
    const zone::NameKey* key = &scratch_.key;
    NameView owner = query_.qname;
    for (;;) {
      if (firewall_ != nullptr && !admit(*key)) return;
      // Zones that are more specific than the rule come before it.
      RuleIndex::Match rule;
      size_t end = key->label_count() + 1;
      if (address_.rules != nullptr) [[unlikely]] {
        rule = address_.rules->find(*key);
        if (rule.forward != RuleIndex::kSystem) end = rule.label;
      }
      Finding& finding = scratch_.finding;
      address_.zones->find_below(end, *key, query_.qtype, rotation, address_.delegation, finding);
      if (rule.forward != RuleIndex::kSystem && finding.found == Found::NotCovered) [[unlikely]] {
        if (!forward(rule, *key, owner)) return;
      } else if (!take(finding, owner)) {
        return;
      }
      // An alias was followed to `next_`, which owns what is found there.
      if (decision_.answer_count == kMaxChain) return fail();
      owner = next_;
      scratch_.hop.assign(owner, address_.zones->seed());
      key = &scratch_.hop;
    }
  }

 private:
  /// What the targets of a rule have said, or the question for them.
  /// True when the chain goes on at `next_`. Apart from the way of a query that no rule covers.
  [[gnu::noinline, gnu::cold]] bool forward(const RuleIndex::Match& match, const zone::NameKey& key,
                                            NameView owner) noexcept {
    if (!decision_.forwards) {
      decision_.forwards = true;
      decision_.from_cache = false;
      decision_.authority_age = {};
      decision_.answer_ages.fill({});
    }
    const uint32_t rule = match.forward;
    const ForwardQuestion question{rule, match.scope, key.name().view(), query_.qtype,
                                   key.hash(0, key.label_count())};
    for (const ReceivedAnswer& got : scratch_.received) {
      if (got.question.scope == match.scope && got.question.qname.equals(question.qname)) {
        return take_received(got.response, owner, rule);
      }
    }
    const bool failed = std::ranges::any_of(scratch_.failed, [&](const FailedQuestion& each) {
      return each.scope == match.scope && each.hash == question.hash;
    });
    std::optional<cache::CacheHit> hit;
    if (scratch_.cache != nullptr) {
      hit = scratch_.cache->find({question.qname, question.qtype, match.scope, question.hash},
                                 scratch_.now_ms);
    }
    // What has ended is answered when it was tried a moment ago, or no target has answered now.
    const bool serves =
        hit && (hit->freshness == cache::Freshness::Fresh || failed || !hit->refresh_due);
    if (!serves) {
      decision_.asks = Asks::First;
      decision_.question = question;
      return false;
    }
    if (hit->refresh_due && !failed && decision_.asks == Asks::Nothing) {
      scratch_.refreshed.assign(question.qname);  // the key may be used for the next hop
      decision_.asks = Asks::Besides;
      decision_.question = question;
      decision_.question.qname = scratch_.refreshed.view();
    }
    return take_cached(*hit, owner, rule);
  }

  bool take_received(const cache::ReceivedResponse& got, NameView owner, uint32_t rule) noexcept {
    decision_.rcode = got.rcode;
    decision_.ede = got.ede;
    for (const cache::CachedRRset& rrset : got.answers) {
      const bool is_first = rrset.owner.equals(owner);
      if (!add_forwarded(is_first ? owner : rrset.owner, rrset, {})) return false;
      if (leaves_rule(rrset, rule)) return true;
    }
    if (got.authority != nullptr) set_authority(*got.authority, {});
    return goes_on(got.answers.empty());
  }

  bool take_cached(const cache::CacheHit& hit, NameView owner, uint32_t rule) noexcept {
    decision_.from_cache = true;
    decision_.rcode = hit.response.rcode();
    decision_.ede = hit.response.ede();
    if (hit.freshness == cache::Freshness::Stale) decision_.ede = stale_ede();
    const size_t count = hit.response.answer_count();
    for (size_t i = 0; i < count; ++i) {
      const cache::CachedRRset rrset = hit.response.answer(i, owner);
      if (!add_forwarded(rrset.owner, rrset, hit.ttl)) return false;
      if (leaves_rule(rrset, rule)) return true;
    }
    if (hit.response.has_authority()) set_authority(hit.response.authority(owner), hit.ttl);
    return goes_on(count == 0);
  }

  /// RFC 8914 §4.4, §4.20.
  [[nodiscard]] dns::ExtendedError stale_ede() const noexcept {
    return {decision_.rcode == dns::Rcode::NXDomain ? dns::Ede::StaleNXDomain
                                                    : dns::Ede::StaleAnswer};
  }

  /// False when the chain is too long, or DNS Firewall blocks where an alias leads.
  bool add_forwarded(NameView owner, const cache::CachedRRset& rrset, dns::TtlAging age) noexcept {
    if (decision_.answer_count == kMaxChain) {
      fail();
      return false;
    }
    decision_.answer_ages[decision_.answer_count] = age;
    add_answer(owner, {rrset.wire, rrset.text});
    if (firewall_ == nullptr || !is_type(rrset.wire.type, RRType::CNAME)) return true;
    scratch_.hop.assign(target_of({rrset.wire, {}}), address_.zones->seed());
    return admit(scratch_.hop);
  }

  /// Whether an alias of a target leads to a name that is not its rule's: a hosted zone's, an
  /// endpoint's, another rule's. What the target says of that name is not believed, and the chain
  /// goes on there.
  bool leaves_rule(const cache::CachedRRset& rrset, uint32_t rule) noexcept {
    if (!is_type(rrset.wire.type, RRType::CNAME) || is_type(query_.qtype, RRType::CNAME) ||
        is_type(query_.qtype, RRType::ANY)) {
      return false;
    }
    next_ = target_of({rrset.wire, {}});
    scratch_.hop.assign(next_, address_.zones->seed());
    const RuleIndex::Match match = address_.rules->find(scratch_.hop);
    if (match.forward == rule) {
      address_.zones->find_below(match.label, scratch_.hop, query_.qtype, 0, address_.delegation,
                                 scratch_.finding);
      if (scratch_.finding.found == Found::NotCovered) return false;
    }
    decision_.rcode = dns::Rcode::NoError;
    return true;
  }

  void set_authority(const cache::CachedRRset& soa, dns::TtlAging age) noexcept {
    decision_.authority = {soa.owner, {soa.wire, soa.text}};
    decision_.authority_age = age;
    decision_.authority_count = 1;
  }

  /// Whether what targets said ends at an alias that they did not follow: it may lead to a zone, to
  /// another rule, or be all that they know.
  bool goes_on(bool empty) noexcept {
    const dns::Rcode rcode = decision_.rcode;
    if (rcode != dns::Rcode::NoError && rcode != dns::Rcode::NXDomain) decision_.answer_count = 0;
    const bool denies = decision_.authority_count > 0 || rcode != dns::Rcode::NoError;
    if (denies || empty || is_type(query_.qtype, RRType::CNAME)) return false;
    const AnswerRRset& last = decision_.answers[decision_.answer_count - 1U];
    if (!is_type(last.wire.type, RRType::CNAME) || is_type(query_.qtype, RRType::ANY)) return false;
    next_ = target_of(last);
    return true;
  }

  /// DNS Firewall's word on the question's name, or one that it leads to. False: it is blocked.
  bool admit(const zone::NameKey& name) noexcept {
    const bool redirected = decision_.answer_count > 0;
    const FirewallVerdict verdict = firewall_->evaluate(
        name, query_.qtype, redirected ? FirewallHop::Redirection : FirewallHop::Question);
    if (verdict.blocks()) {
      decision_.firewall = verdict;
      block(*verdict.rule);
      return false;
    }
    if (verdict.alerts() && decision_.firewall.rule == nullptr) decision_.firewall = verdict;
    // Only the question can be matched by such a rule.
    if (verdict.rule != nullptr && verdict.rule->trusts_redirection) firewall_ = nullptr;
    return true;
  }

  /// The response of a rule, to the question itself, whichever name of the chain it matched.
  void block(const FirewallRule& rule) noexcept {
    decision_.authoritative = false;
    decision_.ede = dns::ExtendedError{dns::Ede::Blocked};
    decision_.rcode = dns::Rcode::NoError;  // whatever a target has said
    decision_.answer_count = 0;
    decision_.answer_ages[0] = {};
    switch (rule.block_response) {
      case topology::BlockResponse::NoData:
        break;
      case topology::BlockResponse::NXDomain:
        decision_.rcode = dns::Rcode::NXDomain;
        break;
      case topology::BlockResponse::Override:
        add_answer(query_.qname, rule.override_answer());
        break;
    }
  }

  /// Takes in what was found at `owner`. True when the chain goes on at `next_`.
  bool take(const Finding& finding, NameView owner) noexcept {
    switch (finding.found) {
      case Found::NotCovered:
        // At the end of a chain, what was found so far is the answer: whoever asked goes on.
        if (decision_.answer_count == 0) refuse(kNotCovered);
        return false;
      case Found::Answer:
        add_answer(owner, finding.rrset);
        return false;
      case Found::Alias:
        add_answer(owner, finding.rrset);
        next_ = target_of(finding.rrset);
        return true;
      case Found::SubtreeAlias:
        return substitute(finding, owner);
      case Found::NoData:
        deny(finding, owner, dns::Rcode::NoError);
        return false;
      case Found::NXDomain:
        // RFC 6604 §2: the rcode is that of the last name of a chain.
        deny(finding, owner, dns::Rcode::NXDomain);
        return false;
      case Found::Referral:
        refer(finding, owner);
        return false;
    }
    return false;
  }

  void add_answer(NameView owner, const AnswerRRset& rrset) noexcept {
    if (decision_.answer_count == 0) [[likely]] {
      // At known places: most answers are one RRset.
      decision_.answer_owners[0] = owner;
      decision_.answers[0] = rrset;
      decision_.answer_count = 1;
      return;
    }
    decision_.answer_owners[decision_.answer_count] = owner;
    decision_.answers[decision_.answer_count] = rrset;
    ++decision_.answer_count;
  }

  /// RFC 2308 §2: the SOA says how long the denial may be kept.
  void deny(const Finding& finding, NameView owner, dns::Rcode rcode) noexcept {
    decision_.rcode = rcode;
    decision_.authority = {tail_of(owner, finding.owner), finding.rrset};
    decision_.authority_count = 1;
  }

  /// RFC 6672 §3.1: the DNAME, and a CNAME made from it with the DNAME's TTL.
  bool substitute(const Finding& finding, NameView owner) noexcept {
    if (decision_.answer_count + 2 > static_cast<int>(kMaxChain)) {
      fail();
      return false;
    }
    add_answer(tail_of(owner, finding.owner), finding.rrset);

    const NameView target = target_of(finding.rrset);
    const size_t kept = owner.size() - finding.owner.size();  // the labels before the DNAME's owner
    const size_t size = kept + target.size();
    if (size > dns::kMaxName) {
      decision_.rcode = dns::Rcode::YXDomain;
      return false;
    }
    uint8_t* record = scratch_.synthesized[decision_.answer_count].data();
    dns::PreparedRecord::write_head(record, static_cast<uint16_t>(RRType::CNAME),
                                    finding.rrset.wire.first().ttl(), size);
    uint8_t* rdata = record + dns::PreparedRecord::kHead;
    std::memcpy(rdata, owner.data(), kept);
    std::memcpy(rdata + kept, target.data(), target.size());

    const dns::RRsetView cname{
        static_cast<uint16_t>(RRType::CNAME), 1, {record, dns::PreparedRecord::kHead + size}};
    add_answer(owner, {cname, {}});
    next_ = NameView::from_checked(rdata, size);
    return !is_type(query_.qtype, RRType::CNAME);
  }

  /// RFC 1034 §4.3.2 step 3b. A referral is not authoritative; glue goes with it where we have it.
  void refer(const Finding& finding, NameView owner) noexcept {
    decision_.authoritative = decision_.answer_count > 0;
    decision_.authority = {tail_of(owner, finding.owner), finding.rrset};
    decision_.authority_count = 1;
    for (const dns::PreparedRecord record : finding.rrset.wire) {
      add_glue(NameView::from_checked(record.rdata().data(), record.rdata().size()));
    }
  }

  void add_glue(NameView server) noexcept {
    scratch_.hop.assign(server, address_.zones->seed());
    for (const RRType type : {RRType::A, RRType::AAAA}) {
      const AnswerRRset glue =
          address_.zones->find_exact(scratch_.hop, static_cast<uint16_t>(type));
      if (glue.wire.count == 0 || decision_.additional_count == kMaxGlue) continue;
      decision_.additional[decision_.additional_count++] = {server, glue};
    }
  }

  void refuse(const dns::ExtendedError& ede) noexcept {
    decision_.rcode = dns::Rcode::Refused;
    decision_.authoritative = false;
    decision_.ede = ede;
  }

  /// A chain that is too long, most likely a loop.
  void fail() noexcept {
    decision_.rcode = dns::Rcode::ServFail;
    decision_.authoritative = false;
    decision_.ede = kChainTooLong;
    decision_.answer_count = 0;
  }

  const EndpointAddress& address_;
  const dns::QueryView& query_;
  Scratch& scratch_;
  Decision& decision_;
  const Firewall* firewall_;  // null: there is none, or it trusts what follows
  NameView next_;
};

}  // namespace

void decide(const EndpointAddress& address, const dns::QueryView& query, Scratch& scratch,
            Decision& decision) noexcept {
  decision.rcode = dns::Rcode::NoError;
  decision.authoritative = address.delegation;
  decision.recursion_available = !address.delegation;
  decision.ede.reset();
  decision.asks = Asks::Nothing;
  decision.forwards = false;
  decision.firewall = {};
  decision.answer_count = 0;
  decision.authority_count = 0;
  decision.additional_count = 0;
  if (query.qclass != static_cast<uint16_t>(dns::RRClass::IN) || is_refused_type(query.qtype)) {
    decision.rcode = dns::Rcode::Refused;
    decision.authoritative = false;
    return;
  }
  Walk(address, query, scratch, decision).run();
}

}  // namespace inlet53::resolver
