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
  const zone::NameKey& key;  // its name in lower case, with the state's seed
  dns::NameView qname;       // in the client's letter case: the owner of the first answer
  uint16_t qtype = 0;
  uint16_t qclass = 1;
  uint16_t rotation = 0;  // selects the record of an address RRset that is listed first
};

/// A question for the targets of a FORWARD rule.
struct ForwardQuestion {
  uint32_t rule = 0;   // index in ResolverState::forward_rules
  uint32_t scope = 0;  // of the rule, for the cache
  dns::NameView
      qname;  // in lower case. Lifetime in a decision: until the next one with the same workspace
  uint16_t qtype = 0;
  uint64_t hash = 0;  // of `qname`, for the cache
};

/// The response of a target to one question of a query that waited. The cache may not have kept it.
struct ReceivedAnswer {
  ForwardQuestion question;
  cache::ReceivedResponse response;
};

/// A question of a query that no target has answered. The cache may answer it with an expired
/// response, up to `max_stale` (RFC 8767 §5).
struct FailedQuestion {
  uint32_t scope = 0;  // of its rule
  uint64_t hash = 0;   // of its name; its type is the query's
};

/// Everything that a decision reads. Lifetime: of the call. The state of `address` lives longer:
/// the decision points into it.
struct Sources {
  const EndpointAddress& address;
  cache::Cache* cache = nullptr;  // of responses of targets; null: there is none
  uint64_t now_ms = 0;            // the cache's time
  /// The responses received for a query since it waits, oldest first; it is decided again.
  std::span<const ReceivedAnswer> received = {};
  std::span<const FailedQuestion> failed = {};
};

/// The reason to query the targets of a rule after a decision.
enum class FetchFor : uint8_t {
  Nothing,
  Answer,   // there is no answer yet: the query waits and is decided again
  Refresh,  // there is an answer; a response of the targets renews the cache
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

/// The answer to one query, before it is composed. Its records and names lie in the workspace, so
/// that the decision itself is small. Lifetime: until the next decision with the same workspace,
/// and that of the state.
class Decision {
 public:
  /// Makes an empty answer with the flags of an endpoint of direction INBOUND, or
  /// INBOUND_DELEGATION.
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
/// 1. DNS Firewall evaluates the name. For a blocked name, the response is that of the firewall
///    rule without records of the chain: NODATA or NXDOMAIN without an SOA, or one CNAME; EDE 15. A
///    rule that trusts redirections and matches the question exempts the other names.
/// 2. The most specific resolver rule, hosted zone, endpoint name or name of the VPC covers it. A
///    rule precedes a zone at the same name. A SYSTEM rule leaves its names to the zones.
/// 3. A name of a zone or an endpoint is looked up. A name of a FORWARD rule is answered by the
///    cache, or the decision asks the targets of the rule.
///
/// REFUSED: a class other than IN; AXFR, IXFR, MAILA, MAILB; a question that nothing covers (EDE
/// 20), unless the address has a root zone, which denies it (EDE 20 too). SERVFAIL: more than
/// kMaxChain RRsets, or no target has answered. YXDOMAIN: a DNAME makes a name that is too long. A
/// chain that leads to a name that nothing covers ends there with NOERROR.
///
/// Threads: any, each with its own workspace. Cost: no allocation, lock, clock or system call.
/// Source: RFC 1034 §4.3.2; RFC 2308; RFC 4592; RFC 6672; RFC 8482; RFC 8914.
[[nodiscard]] Decision decide(const Question& question, const Sources& sources,
                              Workspace& workspace) noexcept;

/// Returns an authoritative answer of one RRset that is about this server, such as version.bind.
[[nodiscard]] Decision answer_with(const record::AnswerRRset& rrset, dns::NameView owner,
                                   bool delegation, Workspace& workspace) noexcept;

/// One step of a decision: what was examined for a name, and the result.
struct Reason {
  enum class What : uint8_t {
    SecurityGroup,   // whether `client` is admitted: `holds`
    FirewallRule,    // a rule matched the name: `firewall`; it blocks the query: `holds`
    FirewallPassed,  // no rule matched the name
    ForwardRule,     // the rule with this number covers the name
    Zone,            // the zone at `apex` was asked: `found`
    NotCovered,      // no zone, endpoint or rule has the name
    Received,        // a target has answered the question since the query came
    Cached,          // the cache has an answer; it is fresh: `holds`
    Missed,          // the cache has no answer: the targets are asked
    RefusedKind,     // the class or type is not served
    ChainTooLong,
  };
  What what = What::NotCovered;
  bool holds = false;
  dns::Name name = {};  // of the question, or a later one of its chain
  const FirewallRule* firewall = nullptr;
  uint32_t rule = 0;    // index in ResolverState::forward_rules
  dns::Name apex = {};  // of the zone
  zone::ZoneKind zone_kind = zone::ZoneKind::HostedZone;
  zone::Found found = zone::Found::NotCovered;
};

/// Decides as `decide` does and appends each step to `reasons`. The first says whether the security
/// groups admit `client`. The decision is made in both cases, though a client that is not admitted
/// gets no answer over UDP and no connection.
/// Threads: any. Cost: allocates. Lifetime of `reasons`: the state's.
[[nodiscard]] Decision explain(const IpAddress& client, const Question& question,
                               const Sources& sources, Workspace& workspace,
                               std::vector<Reason>& reasons);

}  // namespace inlet53::resolver
