#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "inlet53/base/ip_address.h"
#include "inlet53/cache/cache.h"
#include "inlet53/dns/extended_error.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/resolver/firewall.h"
#include "inlet53/resolver/state.h"
#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_table.h"

namespace inlet53::resolver {

/// RRsets that one answer may chain: a CNAME each, then the answer. More is taken for a loop.
/// Source: bounds of 8-11 are usual among resolvers (`dns.md` §3); 16 leaves room for DNAMEs.
inline constexpr size_t kMaxChain = 16;
/// Address RRsets that may go with a referral: 13 servers, both families.
inline constexpr size_t kMaxGlue = 26;

/// One RRset of a response with its owner. Lifetime: the state's and the pipeline's scratch.
struct OwnedRRset {
  dns::NameView owner;
  record::AnswerRRset rrset;
};

/// A question for the targets of a FORWARD rule.
struct ForwardQuestion {
  uint32_t rule = 0;    // index in ResolverState::forward_rules
  uint32_t scope = 0;   // of the rule, for the cache
  dns::NameView qname;  // in lower case; lives as long as the Scratch is not used again
  uint16_t qtype = 0;
  uint64_t hash = 0;  // of `qname`, for the cache
};

/// What a decision wants of the targets of rules.
enum class Asks : uint8_t {
  Nothing,
  First,    // the decision waits for it, nothing else counts: the query is decided anew afterwards
  Besides,  // the answer stands; the question is for the cache
};

/// What targets said to one question of a query, for when the cache did not keep it.
struct ReceivedAnswer {
  ForwardQuestion question;
  cache::ReceivedResponse response;
};

/// A question of a query that no target has answered: for it, what the cache has is good enough,
/// however old (RFC 8767 §5).
struct FailedQuestion {
  uint32_t scope = 0;  // of its rule
  uint64_t hash = 0;   // of its name; its type is the query's
};

/// How one query is to be answered. A value: nothing has been done yet.
/// Lifetime: points into the state and the Scratch it was made with.
struct Decision {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): counts say what is filled, hot path
  Decision() noexcept {}

  dns::Rcode rcode = dns::Rcode::NoError;
  bool authoritative = false;
  bool recursion_available = true;
  std::optional<dns::ExtendedError> ede;
  FirewallVerdict firewall;  // the rule that blocked, else the first that alerted, else none
  Asks asks = Asks::Nothing;
  bool forwards = false;    // a rule's targets have a part in it: the answer has TTLs that aged, or
                            // they are to be asked first
  bool from_cache = false;  // where `forwards`: some of the answer is the cache's
  uint8_t answer_count = 0;
  uint8_t authority_count = 0;  // 0 or 1: an SOA, or a referral's NS set
  uint8_t additional_count = 0;
  std::array<dns::NameView, kMaxChain> answer_owners;
  std::array<record::AnswerRRset, kMaxChain> answers;  // side by side, as the record takes them
  /// What has become of the TTLs of `answers`; for `forwards` only.
  std::array<dns::TtlAging, kMaxChain> answer_ages;
  OwnedRRset authority;
  dns::TtlAging authority_age;  // the same
  std::array<OwnedRRset, kMaxGlue> additional;
  ForwardQuestion question;  // unless it asks nothing
};

/// Room that a decision may need, kept by the worker and used again for each query.
struct Scratch {
  /// What targets have said, for rules; null: nothing is kept. `now_ms` is the cache's time.
  cache::Cache* cache = nullptr;
  uint64_t now_ms = 0;
  /// Of the query that is decided anew: what was got for it since it came, in its order.
  std::span<const ReceivedAnswer> received;
  std::span<const FailedQuestion> failed;  // of its questions

  zone::NameKey key;          // of the query's name; the record takes its lower-case form
  zone::NameKey hop;          // of the name that a chain has come to
  dns::FoldedName refreshed;  // what Decision::refresh asks for
  zone::Finding finding;
  std::array<uint8_t, 320> synthesized[kMaxChain];  // CNAMEs made from DNAMEs (RFC 6672 §3.1)
  /// Grow with each decision about A and AAAA: one each, since clients ask for both in turn.
  uint16_t a_rotation = 0;
  uint16_t aaaa_rotation = 0;
};

/// Decides one well-formed query that was let in: DNS Firewall's rules, then the most specific of
/// the resolver rules, hosted zones and endpoint names that this address answers, with CNAME chains
/// from one to the other. At one name a rule comes before a zone; a SYSTEM rule leaves its names to
/// the zones. What a rule forwards is answered from the cache, or is to be asked for: `forward`.
///
/// Every name that a chain comes to goes before the firewall too, whether it is covered here or
/// not, unless a rule that trusts redirections has matched the question. Where one is blocked, the
/// question gets the rule's response, and nothing of the chain: NODATA and NXDOMAIN without an SOA,
/// or one CNAME; EDE 15.
/// REFUSED: a class but IN; AXFR, IXFR, MAILA, MAILB; a name that nothing covers (EDE 20).
/// SERVFAIL: a chain over kMaxChain. A chain that leaves what is covered ends where it left,
/// NOERROR. Requires: `query` was accepted by parse_query; `scratch.key` holds its name. Threads:
/// any (each with its own scratch). Cost: no allocation, lock, clock or system call. Source: RFC
/// 1034 §4.3.2; RFC 2308; RFC 4592; RFC 6672; RFC 8482; RFC 8914.
void decide(const EndpointAddress& address, const dns::QueryView& query, Scratch& scratch,
            Decision& decision) noexcept;

}  // namespace inlet53::resolver
