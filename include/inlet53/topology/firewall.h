// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// DNS Firewall's part of the model (`topology.h`).
namespace inlet53::topology {

/// What a DNS Firewall rule does with a query that it matches.
enum class FirewallAction : uint8_t {
  Allow,  // lets it through; the query log says nothing
  Alert,  // lets it through; the query log names the rule's group and list
  Block,  // answers it as BlockResponse says, and logs it likewise
};

enum class BlockResponse : uint8_t { NoData, NXDomain, Override };

/// Whether a rule looks at the names that aliases (CNAME, DNAME) lead to as well.
/// Source: Route 53 API Reference, FirewallRule.FirewallDomainRedirectionAction.
enum class RedirectionAction : uint8_t { Inspect, Trust };

/// A list of domains for DNS Firewall rules; `firewall_domain.h` says how each of them is written.
struct FirewallDomainList {
  std::string name;
  std::string id;  // rslvr-fdl-…
  std::vector<std::string> domains;
  std::string file;  // more of them, one a line; absolute; empty: none
};

/// Source: Route 53 API Reference, FirewallRule.
struct FirewallRule {
  uint32_t priority = 0;    // the lowest is looked at first; unique in its group
  std::string domain_list;  // an id
  FirewallAction action = FirewallAction::Block;
  /// Of the queries that it looks at: `A`, `TXT`, `TYPE65`; empty: every type.
  std::string qtype;
  RedirectionAction redirection = RedirectionAction::Inspect;
  std::optional<BlockResponse> block_response;  // with Block, and only then
  std::string block_override_domain;            // with Override, and only then
  std::optional<uint32_t> block_override_ttl;   // seconds; with Override only, 0 when absent
};

/// Source: Route 53 API Reference, FirewallRuleGroup.
struct FirewallRuleGroup {
  std::string name;
  std::string id;  // rslvr-frg-…
  std::vector<FirewallRule> rules;
};

/// What puts the rules of a group before a VPC's queries.
/// Source: Route 53 API Reference, FirewallRuleGroupAssociation.
struct FirewallRuleGroupAssociation {
  std::string id;          // rslvr-frgassoc-…
  std::string rule_group;  // an id
  uint32_t priority = 0;   // 100-9900, the lowest is looked at first; unique in its VPC
};

}  // namespace inlet53::topology
