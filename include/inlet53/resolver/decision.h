// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/cache/cache.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/resolver/firewall.h"
#include "inlet53/resolver/state.h"
#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_table.h"

namespace inlet53::resolver {

/// Maximum number of RRsets of one answer: a chain of CNAMEs and the answer. A longer chain counts
/// as a loop. Resolvers usually allow 8 to 11; 16 leaves room for DNAMEs.
inline constexpr size_t kMaxChain = 16;
/// Maximum number of address RRsets of a referral: 13 servers, both families.
inline constexpr size_t kMaxGlue = 26;

/// One RRset of a response with its owner. Lifetime: the state's and the workspace's.
struct OwnedRRset {
  dns::NameView owner;
  record::AnswerRRset rrset;
};

/// The question of a query, ready for lookups. Lifetime: that of the message and of `key`.
struct Question {
  const zone::NameKey& key;  // the name in lower case, with the seed of the state
  dns::NameView qname;       // the name in the client's letter case, which the answer repeats
  uint16_t qtype = 0;
  uint16_t qclass = 1;
  uint16_t rotation = 0;  // selects the first record of an address RRset
};

/// A question for the targets of a FORWARD rule.
struct ForwardQuestion {
  uint32_t rule = 0;   // index in ResolverState::forward_rules
  uint32_t scope = 0;  // of the rule, for the cache
  /// Name in lower case. In a decision, it is valid until the next decision with the same
  /// workspace.
  dns::NameView qname;
  uint16_t qtype = 0;
  uint64_t hash = 0;  // of `qname`, for the cache
};

/// Response of a target to one question of a waiting query. The cache may not have stored it.
struct ReceivedAnswer {
  ForwardQuestion question;
  cache::ReceivedResponse response;
};

/// Question of a waiting query that failed: no target answered, or a limit refused it. A cached
/// response that expired at most `max_stale` ago may answer it (RFC 8767 §5).
struct FailedQuestion {
  uint32_t scope = 0;  // of the rule
  uint64_t hash = 0;   // of the name; the type is that of the query
};

/// Inputs of a decision apart from the question. Lifetime: of the call. The state that contains
/// `address` outlives the decision, which points into it.
struct Sources {
  const EndpointAddress& address;
  cache::Cache* cache = nullptr;  // responses of targets; null: there is no cache
  uint64_t now_ms = 0;            // the cache's time
  /// Responses that a waiting query has received, oldest first. Empty for a new query.
  std::span<const ReceivedAnswer> received = {};
  std::span<const FailedQuestion> failed = {};
};

/// The reason to query the targets of a rule after a decision.
enum class FetchFor : uint8_t {
  Nothing,
  Answer,   // the query has no answer yet: it waits, and is decided again
  Refresh,  // the query has an answer, but the cache needs a new response
};

/// Memory for the records and names of one decision. The caller reuses it for the next decision.
struct Workspace {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the decision knows what is set
  Workspace() noexcept {}

  std::array<record::AnswerRRset, kMaxChain> answers;
  std::array<dns::NameView, kMaxChain> answer_owners;
  std::array<dns::TtlAging, kMaxChain> answer_ages;
  OwnedRRset authority;
  dns::TtlAging authority_age;
  std::array<OwnedRRset, kMaxGlue> additional;
  std::array<std::array<uint8_t, 320>, kMaxChain> synthesized;  // CNAMEs of DNAMEs (RFC 6672 §3.1)
  zone::LookupResult lookup;                                    // of the last lookup
  zone::NameKey alias;                                          // the current name of a chain
  dns::ExtendedError ede;
  dns::FoldedName asked;  // the name of `question`
  ForwardQuestion question;
};

/// Answer to one query, before it is composed. The workspace holds its records and names, so that
/// the decision itself is small. Lifetime: until the next decision with the same workspace, and at
/// most that of the state.
class Decision {
 public:
  /// Makes an empty answer. AA and RA are those of an inbound endpoint, or of a delegation endpoint
  /// if `delegation` is true.
  explicit Decision(Workspace& workspace, bool delegation = false) noexcept
      : authoritative(delegation), recursion_available(!delegation), workspace_(&workspace) {}

  dns::Rcode rcode = dns::Rcode::NoError;
  bool authoritative;
  bool recursion_available;
  bool forwards = false;    // a FORWARD rule covers a name of the chain
  bool from_cache = false;  // a part of the answer is from the cache
  FetchFor fetch_for = FetchFor::Nothing;
  FirewallVerdict firewall;  // the rule that blocked, else the first that alerted, else none

  [[nodiscard]] std::span<const record::AnswerRRset> answers() const noexcept {
    return {workspace_->answers.data(), answer_count_};
  }
  [[nodiscard]] dns::NameView answer_owner(size_t index) const noexcept {
    return workspace_->answer_owners[index];
  }
  /// Requires: `forwards`.
  [[nodiscard]] dns::TtlAging answer_age(size_t index) const noexcept {
    return workspace_->answer_ages[index];
  }
  /// Returns the SOA, or the NS set of a referral; null: there is none.
  [[nodiscard]] const OwnedRRset* authority() const noexcept {
    return has_authority_ ? &workspace_->authority : nullptr;
  }
  /// Requires: `forwards`, and there is an authority.
  [[nodiscard]] dns::TtlAging authority_age() const noexcept { return workspace_->authority_age; }
  [[nodiscard]] std::span<const OwnedRRset> additional() const noexcept {
    return {workspace_->additional.data(), additional_count_};
  }
  [[nodiscard]] std::optional<dns::ExtendedError> ede() const noexcept {
    return has_ede_ ? std::optional(workspace_->ede) : std::nullopt;
  }
  /// Returns the question for the targets; null: `fetch_for` is Nothing.
  [[nodiscard]] const ForwardQuestion* question() const noexcept {
    return fetch_for == FetchFor::Nothing ? nullptr : &workspace_->question;
  }

  //--- Used while the decision is made
  // Requires: fewer than kMaxChain answers and fewer than kMaxGlue additional RRsets.
  void add_answer(const dns::NameView& owner, const record::AnswerRRset& rrset) noexcept {
    if (answer_count_ == 0) {  // most answers are one RRset: its place is a constant
      workspace_->answer_owners[0] = owner;
      workspace_->answers[0] = rrset;
      answer_count_ = 1;
      return;
    }
    workspace_->answer_owners[answer_count_] = owner;
    workspace_->answers[answer_count_] = rrset;
    ++answer_count_;
  }
  void clear_answers() noexcept { answer_count_ = 0; }
  void set_authority(dns::NameView owner, const record::AnswerRRset& rrset) noexcept {
    workspace_->authority = {owner, rrset};
    has_authority_ = true;
  }
  void add_additional(dns::NameView owner, const record::AnswerRRset& rrset) noexcept {
    workspace_->additional[additional_count_] = {owner, rrset};
    ++additional_count_;
  }
  void set_ede(const std::optional<dns::ExtendedError>& ede) noexcept {
    has_ede_ = ede.has_value();
    if (ede) workspace_->ede = *ede;
  }

 private:
  Workspace* workspace_;
  uint8_t answer_count_ = 0;
  uint8_t additional_count_ = 0;
  bool has_authority_ = false;
  bool has_ede_ = false;
};

/// Decides the answer to one well-formed query that the security groups admit. Each name of a CNAME
/// chain, beginning with the question's, goes through these steps:
///
/// 1. DNS Firewall evaluates the name. If a rule blocks it, the response has no records of the
///    chain, but that of the rule: NODATA or NXDOMAIN without an SOA, or one CNAME; always EDE 15.
///    If a rule that trusts redirections matches the question, later names are not evaluated.
/// 2. The most specific domain that covers the name determines its source: that of a resolver rule,
///    a hosted zone, an endpoint's names or the VPC's names. If a rule and a zone have the same
///    domain, the rule has precedence. A SYSTEM rule forwards nothing: the most specific zone
///    answers.
/// 3. A zone answers from its table. For a FORWARD rule, the cache answers, or the decision has a
///    question for the targets.
///
/// REFUSED: a class other than IN; AXFR, IXFR, MAILA, MAILB; a question that nothing covers, with
/// EDE 20. If the address has a root zone, this zone answers such a question instead, also with EDE
/// 20. SERVFAIL: the chain has more than kMaxChain RRsets, or the question for the targets failed.
/// Other rcodes of the targets are passed on. YXDOMAIN: a DNAME makes a name that is too long. If a
/// chain leads to a name that nothing covers, it ends there with NOERROR.
///
/// Threads: any, each with its own workspace. Cost: no allocation, lock, clock or system call.
/// Source: RFC 1034 §4.3.2; RFC 2308; RFC 4592; RFC 6672; RFC 8482; RFC 8914.
[[nodiscard]] Decision decide(const Question& question, const Sources& sources,
                              Workspace& workspace) noexcept;

/// Returns an authoritative answer of one RRset about this server, such as version.bind.
[[nodiscard]] Decision answer_with(const record::AnswerRRset& rrset, dns::NameView owner,
                                   bool delegation, Workspace& workspace) noexcept;

/// Reason for a decision about one name: what was examined, and the result.
struct Reason {
  enum class What : uint8_t {
    SecurityGroup,   // `holds`: the security groups admit `client`
    FirewallRule,    // `firewall` matches the name; `holds`: it blocks the query
    FirewallPassed,  // no rule of DNS Firewall matches the name
    ForwardRule,     // `rule` covers the name
    Zone,            // the zone at `apex` covers the name; `found`: its result
    NotCovered,      // no zone, endpoint or rule covers the name
    Received,        // the waiting query has received a response
    Cached,          // the cache answers; `holds`: the response has not expired
    Missed,          // the cache does not answer: the question goes to the targets
    RefusedKind,     // the class or type is not served
    ChainTooLong,
  };
  What what = What::NotCovered;
  bool holds = false;
  dns::Name name = {};  // the question's name, or a later name of its chain
  const FirewallRule* firewall = nullptr;
  uint32_t rule = 0;    // index in ResolverState::forward_rules
  dns::Name apex = {};  // of the zone
  zone::ZoneKind zone_kind = zone::ZoneKind::HostedZone;
  zone::Found found = zone::Found::NotCovered;
};

/// Decides as `decide` does, and appends the reason for each step to `reasons`. The first reason
/// says whether the security groups admit `client` over UDP or TCP. The decision does not depend on
/// it; the daemon itself does not answer a client that is not admitted.
/// Threads: any. Cost: allocates. Lifetime of `reasons`: the state's.
[[nodiscard]] Decision explain(const IpAddress& client, const Question& question,
                               const Sources& sources, Workspace& workspace,
                               std::vector<Reason>& reasons);

}  // namespace inlet53::resolver
