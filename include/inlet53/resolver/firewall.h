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
  /// In the order of topology.firewall_domain_lists. Null: the file is unreadable, and every VPC
  /// that uses the list fails open.
  std::vector<std::shared_ptr<const DomainSet>> sets;
  std::vector<FileError> unreadable;  // one error for each null
};

/// Loads every domain list of a validated topology.
/// Errors: the first file with a line that is not a domain; or the first unreadable file, unless
/// its list is used only by VPCs with firewall_fail_open. So a VPC that fails closed never answers
/// without one of its lists: the new state is rejected, and the previous one, if any, stays.
/// Threads: any. Cost: reads every file.
[[nodiscard]] Result<FirewallLists, FileError> load_firewall_lists(
    const topology::Topology& topology, zone::HashSeed seed);

/// A DNS Firewall rule prepared for queries.
struct FirewallRule {
  std::shared_ptr<const DomainSet> domains;  // null: the list is unreadable
  uint16_t qtype = 0;                        // 0: every type
  bool trusts_redirection = false;
  topology::FirewallAction action = topology::FirewallAction::Block;
  topology::BlockResponse block_response = topology::BlockResponse::NoData;
  std::vector<uint8_t> override_record;  // prepared CNAME, for Override
  std::string override_json;             // JSON of the CNAME for the query log
  std::string log_fields;  // record::render_firewall_fields; empty for Allow, which is not logged

  /// Returns the answer of Override. Lifetime: the rule's.
  [[nodiscard]] record::AnswerRRset override_answer() const noexcept;
};

/// The result of DNS Firewall for one name: the rule that matched it.
/// Lifetime: the Firewall's.
struct FirewallVerdict {
  const FirewallRule* rule = nullptr;  // null: none

  [[nodiscard]] bool blocks() const noexcept {
    return rule != nullptr && rule->action == topology::FirewallAction::Block;
  }
  [[nodiscard]] bool alerts() const noexcept {
    return rule != nullptr && rule->action == topology::FirewallAction::Alert;
  }
  /// Returns QueryRecord::firewall_fields; empty unless the rule alerts or blocks.
  [[nodiscard]] std::string_view log_fields() const noexcept {
    return rule == nullptr ? std::string_view{} : std::string_view{rule->log_fields};
  }
};

/// The position of a name in the chain of a query.
enum class ChainPosition : uint8_t {
  Question,     // the name of the question
  Redirection,  // the target of a CNAME or DNAME
};

/// The DNS Firewall of one VPC: the rules of all its rule groups by the priority of the
/// association, then by that of the rule. The first rule that matches decides. Immutable.
///
/// Fail mode: lists are in memory, so DNS Firewall cannot be unavailable because of load or a
/// network. Only a list can be missing, if its file was unreadable when the state was built. In a
/// VPC that fails open, a query that reaches a rule with such a list passes and is not logged. A
/// VPC that fails closed has no such rules (see load_firewall_lists).
/// Threads: const methods any.
class Firewall {
 public:
  /// Builds the firewall of `vpc`; null when no rule group with rules is associated with it.
  /// Requires: a validated topology; `lists` belongs to it. Cost: allocates.
  [[nodiscard]] static std::shared_ptr<const Firewall> build(const topology::Topology& topology,
                                                             const topology::Vpc& vpc,
                                                             const FirewallLists& lists);

  explicit Firewall(std::vector<FirewallRule> rules) : rules_(std::move(rules)) {}

  /// Evaluates one name of a query for `qtype`. A rule with TRUST_REDIRECTION_DOMAIN matches only
  /// the question; after such a match, the caller does not evaluate later names (`decision.h`).
  /// Cost: one DomainSet::contains for each rule up to the first match; no allocation.
  /// Source: Route 53 Developer Guide, "DNS Firewall rule groups and rules".
  [[nodiscard]] FirewallVerdict evaluate(const zone::NameKey& key, uint16_t qtype,
                                         ChainPosition hop) const noexcept;

  [[nodiscard]] const std::vector<FirewallRule>& rules() const noexcept { return rules_; }

 private:
  std::vector<FirewallRule> rules_;
};

}  // namespace inlet53::resolver
