// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>

#include "inlet53/resolver/decision.h"

namespace inlet53::resolver {

[[nodiscard]] inline bool is_type(uint16_t qtype, dns::RRType type) noexcept {
  return qtype == static_cast<uint16_t>(type);
}

/// Returns the target of a CNAME or DNAME set. All sources of records store it uncompressed and
/// validated.
[[nodiscard]] inline dns::NameView target_of(const record::AnswerRRset& rrset) noexcept {
  const Bytes rdata = rrset.wire.first().rdata();
  return dns::NameView::from_checked(rdata.data(), rdata.size());
}

inline constexpr dns::ExtendedError kChainTooLong{dns::Ede::Other,
                                                  "the chain of aliases is too long"};

/// The result of one name of the chain: what comes next.
struct Step {
  enum class Kind : uint8_t {
    Final,   // nothing: the decision is complete
    Follow,  // the chain continues at `name`, the target of the alias just added
    Ask,     // the targets of a rule are asked the question in the workspace
  };
  dns::NameView name = {};
  Kind kind = Kind::Final;
};
[[nodiscard]] inline Step end() noexcept { return {}; }
[[nodiscard]] inline Step follow(dns::NameView name) noexcept { return {name, Step::Kind::Follow}; }

/// Answers a question that nothing covers. It takes values, so that no address of the builder or
/// its question leaves the caller.
void decline(const EndpointAddress& address, const zone::NameKey& key, dns::NameView qname,
             uint16_t qtype, Workspace& workspace, Decision& decision) noexcept;

/// Writes the results of lookups that are no plain answer into a decision and its workspace.
/// Lifetime: of the call that decides.
class DecisionBuilder {
 public:
  DecisionBuilder(const Question& question, const EndpointAddress& address, Workspace& workspace,
                  Decision& decision) noexcept
      : question_(question), address_(address), workspace_(workspace), decision_(decision) {}

  [[nodiscard]] size_t answer_count() const noexcept { return decision_.answers().size(); }

  /// Adds the result of a zone for `owner`. Requires: it is no Found::Answer.
  [[nodiscard]] Step add_found(const zone::LookupResult& lookup,
                               const dns::NameView& owner) noexcept {
    using zone::Found;
    switch (lookup.found) {
      case Found::NotCovered:
        // A chain that leaves the zones keeps its records as the answer: the client continues.
        if (decision_.answers().empty()) {
          decline(address_, question_.key, owner, question_.qtype, workspace_, decision_);
        }
        return end();
      case Found::Answer:
        break;
      case Found::Alias:
        decision_.add_answer(owner, lookup.rrset);
        return follow(target_of(lookup.rrset));
      case Found::SubtreeAlias:
        return substitute(lookup, owner);
      case Found::NoData:
        deny(lookup, owner, dns::Rcode::NoError);
        return end();
      case Found::NXDomain:
        // RFC 6604 §2: the rcode is that of the last name of a chain.
        deny(lookup, owner, dns::Rcode::NXDomain);
        return end();
      case Found::Referral:
        refer(lookup, owner);
        return end();
    }
    return end();
  }

  /// Replaces the answer by the response of a rule; the rule may have matched any name of the
  /// chain.
  void block(const FirewallRule& rule) noexcept {
    decision_.authoritative = false;
    decision_.set_ede(dns::ExtendedError{dns::Ede::Blocked});
    decision_.rcode = dns::Rcode::NoError;  // a target may have set another one
    decision_.clear_answers();
    workspace_.answer_ages[0] = {};
    switch (rule.block_response) {
      case topology::BlockResponse::NoData:
        break;
      case topology::BlockResponse::NXDomain:
        decision_.rcode = dns::Rcode::NXDomain;
        break;
      case topology::BlockResponse::Override:
        decision_.add_answer(question_.qname, rule.override_answer());
        break;
    }
  }

  /// SERVFAIL: most likely a loop.
  void set_too_long() noexcept {
    decision_.rcode = dns::Rcode::ServFail;
    decision_.authoritative = false;
    decision_.set_ede(kChainTooLong);
    decision_.clear_answers();
  }

 private:
  // Returns the end of `name` that equals `ancestor`. A name of a lookup may point into a key that
  // the next name of the chain overwrites; `name` stays.
  static dns::NameView tail_of(dns::NameView name, dns::NameView ancestor) noexcept {
    const size_t skipped = name.size() - ancestor.size();
    return dns::NameView::from_checked(name.data() + skipped, ancestor.size());
  }

  /// NODATA or NXDOMAIN, with the SOA that limits its time in caches (RFC 2308 §2).
  void deny(const zone::LookupResult& lookup, dns::NameView owner, dns::Rcode rcode) noexcept {
    decision_.rcode = rcode;
    decision_.set_authority(tail_of(owner, lookup.owner), lookup.rrset);
  }

  /// Adds the DNAME and a CNAME made from it, with the TTL of the DNAME (RFC 6672 §3.1).
  [[nodiscard]] Step substitute(const zone::LookupResult& lookup, dns::NameView owner) noexcept {
    if (answer_count() + 2 > kMaxChain) {
      set_too_long();
      return end();
    }
    decision_.add_answer(tail_of(owner, lookup.owner), lookup.rrset);

    const dns::NameView target = target_of(lookup.rrset);
    const size_t kept = owner.size() - lookup.owner.size();  // the labels before the DNAME's owner
    const size_t size = kept + target.size();
    if (size > dns::kMaxName) {
      decision_.rcode = dns::Rcode::YXDomain;
      return end();
    }
    uint8_t* const record = workspace_.synthesized[answer_count()].data();
    constexpr auto kCname = static_cast<uint16_t>(dns::RRType::CNAME);
    dns::PreparedRecord::write_head(record, kCname, lookup.rrset.wire.first().ttl(), size);
    uint8_t* const rdata = record + dns::PreparedRecord::kHead;
    std::memcpy(rdata, owner.data(), kept);
    std::memcpy(rdata + kept, target.data(), target.size());
    decision_.add_answer(owner, {{kCname, 1, {record, dns::PreparedRecord::kHead + size}}, {}});
    if (is_type(question_.qtype, dns::RRType::CNAME)) return end();
    return follow(dns::NameView::from_checked(rdata, size));
  }

  /// Adds a referral, which is not authoritative, and the glue that the zones have (RFC 1034 §4.3.2
  /// step 3b).
  void refer(const zone::LookupResult& lookup, dns::NameView owner) noexcept {
    decision_.authoritative = !decision_.answers().empty();
    decision_.set_authority(tail_of(owner, lookup.owner), lookup.rrset);
    for (const dns::PreparedRecord record : lookup.rrset.wire) {
      add_glue(dns::NameView::from_checked(record.rdata().data(), record.rdata().size()));
    }
  }

  void add_glue(dns::NameView server) noexcept {
    workspace_.alias.assign(server, address_.zones->seed());
    for (const dns::RRType type : {dns::RRType::A, dns::RRType::AAAA}) {
      const record::AnswerRRset glue =
          address_.zones->find_exact(workspace_.alias, static_cast<uint16_t>(type));
      if (glue.wire.count == 0 || decision_.additional().size() == kMaxGlue) continue;
      decision_.add_additional(server, glue);
    }
  }

  const Question& question_;
  const EndpointAddress& address_;
  Workspace& workspace_;
  Decision& decision_;
};

}  // namespace inlet53::resolver
