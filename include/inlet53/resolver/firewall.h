// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/file.h"
#include "inlet53/base/result.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/resolver/domain_set.h"
#include "inlet53/topology/topology.h"
#include "inlet53/zone/name_key.h"

namespace inlet53::resolver {

/// The domain lists of a topology, each loaded once.
struct FirewallLists {
  /// As topology.firewall_domain_lists. Null: its file can't be read, and every VPC that uses the
  /// list fails open.
  std::vector<std::shared_ptr<const DomainSet>> sets;
  std::vector<FileError> unreadable;  // of the null ones
};

/// Loads every domain list of a validated topology.
/// Errors: the first file that has a line that is no domain; or that can't be read, unless the list
/// is used, and by VPCs with firewall_fail_open only. So a VPC that fails closed never answers past
/// a list that is not there: the new state is refused, and the old one stays, or nobody is served.
/// Threads: any. Cost: reads every file.
[[nodiscard]] Result<FirewallLists, FileError> load_firewall_lists(
    const topology::Topology& topology, zone::HashSeed seed);

/// A DNS Firewall rule as queries meet it.
struct FirewallRule {
  std::shared_ptr<const DomainSet> domains;  // null: nobody can say what it matches
  uint16_t qtype = 0;                        // 0: every type
  bool trusts_redirection = false;
  topology::FirewallAction action = topology::FirewallAction::Block;
  topology::BlockResponse block_response = topology::BlockResponse::NoData;
  std::vector<uint8_t> override_record;  // a prepared CNAME, for Override
  std::string override_json;             // the same for the query log
  std::string log_fields;  // record::render_firewall_fields; empty for Allow, which is not logged

  /// What Override answers. Lifetime: the rule's.
  [[nodiscard]] record::AnswerRRset override_answer() const noexcept;
};

/// What DNS Firewall says to one name: the rule that matched it.
/// Lifetime: the Firewall's.
struct FirewallVerdict {
  const FirewallRule* rule = nullptr;  // null: none

  [[nodiscard]] bool blocks() const noexcept {
    return rule != nullptr && rule->action == topology::FirewallAction::Block;
  }
  [[nodiscard]] bool alerts() const noexcept {
    return rule != nullptr && rule->action == topology::FirewallAction::Alert;
  }
  /// For QueryRecord::firewall_fields; empty unless it alerts or blocks.
  [[nodiscard]] std::string_view log_fields() const noexcept {
    return rule == nullptr ? std::string_view{} : std::string_view{rule->log_fields};
  }
};

/// Which name of a query is judged.
enum class FirewallHop : uint8_t {
  Question,     // the name that was asked for
  Redirection,  // one that a CNAME or DNAME leads to
};

/// The DNS Firewall of one VPC: the rules of all its rule groups, in the order in which they are
/// looked at: by the priority of the association, then by that of the rule. The first that matches
/// ends it. Immutable.
///
/// Fail mode: lists are in memory, so that queries never find the firewall unavailable for its load
/// or a network. What can be missing is a list whose file could not be read when the state was
/// built. In a VPC that fails open a query that gets as far as a rule with such a list is let
/// through, unlogged; a VPC that fails closed has no such rules (see load_firewall_lists).
/// Threads: const methods any.
class Firewall {
 public:
  /// The firewall of `vpc`; null when no rule group with rules is associated with it.
  /// Requires: a validated topology; `lists` are its own. Cost: allocates.
  [[nodiscard]] static std::shared_ptr<const Firewall> build(const topology::Topology& topology,
                                                             const topology::Vpc& vpc,
                                                             const FirewallLists& lists);

  explicit Firewall(std::vector<FirewallRule> rules) : rules_(std::move(rules)) {}

  /// Judges one name of a query for `qtype`. A rule with TRUST_REDIRECTION_DOMAIN looks at the
  /// question only; when it matched that, nothing that follows is to be judged (`decision.h`).
  /// Cost: one DomainSet::contains for each rule up to the one that matches; no allocation.
  /// Source: Route 53 Developer Guide, "DNS Firewall rule groups and rules".
  [[nodiscard]] FirewallVerdict evaluate(const zone::NameKey& key, uint16_t qtype,
                                         FirewallHop hop) const noexcept;

  [[nodiscard]] const std::vector<FirewallRule>& rules() const noexcept { return rules_; }

 private:
  std::vector<FirewallRule> rules_;
};

}  // namespace inlet53::resolver
