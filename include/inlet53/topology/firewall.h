// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"

/// Objects of DNS Firewall in the model (`topology.h`), and the domains of its lists.
namespace inlet53::topology {

/// Action of a DNS Firewall rule for a query that matches it.
enum class FirewallAction : uint8_t {
  Allow,  // allows the query; the query log has no firewall fields
  Alert,  // allows the query; the query log names the rule group and the list
  Block,  // responds as BlockResponse says; the query log names both as well
};

enum class BlockResponse : uint8_t { NoData, NXDomain, Override };

/// Treatment of the names that aliases (CNAME, DNAME) lead to: Inspect applies the rule to them
/// too.
/// Source: Route 53 API Reference, FirewallRule.FirewallDomainRedirectionAction.
enum class RedirectionAction : uint8_t { Inspect, Trust };

/// List of domains for DNS Firewall rules; `parse_firewall_domain` describes their notation.
struct FirewallDomainList {
  std::string name;
  std::string id;  // rslvr-fdl-…
  std::vector<std::string> domains;
  std::string file;  // file with more domains, one per line; absolute; empty: none
};

/// Rule of DNS Firewall. Source: Route 53 API Reference, FirewallRule.
struct FirewallRule {
  uint32_t priority = 0;    // evaluated from the lowest; unique in its group
  std::string domain_list;  // an id
  FirewallAction action = FirewallAction::Block;
  /// Query type that the rule applies to: `A`, `TXT`, `TYPE65`; empty: every type.
  std::string qtype;
  RedirectionAction redirection = RedirectionAction::Inspect;
  std::optional<BlockResponse> block_response;  // only with Block
  std::string block_override_domain;            // only with Override
  std::optional<uint32_t> block_override_ttl;   // seconds; only with Override, 0 when absent
};

/// Rule group of DNS Firewall. Source: Route 53 API Reference, FirewallRuleGroup.
struct FirewallRuleGroup {
  std::string name;
  std::string id;  // rslvr-frg-…
  std::vector<FirewallRule> rules;
};

/// Association that applies a rule group to the queries of a VPC.
/// Source: Route 53 API Reference, FirewallRuleGroupAssociation.
struct FirewallRuleGroupAssociation {
  std::string id;          // rslvr-frgassoc-…
  std::string rule_group;  // an id
  uint32_t priority = 0;   // 100-9900, evaluated from the lowest; unique in its VPC
};

/// Form of a domain in a DNS Firewall list, which decides the names that it matches. AWS documents
/// only that a domain may begin with `*`; the details are an interpretation of inlet53.
enum class DomainMatch : uint8_t {
  Exact,   // `example.com`: only this name
  Below,   // `*.example.com`: every name below it, at any depth, but not the name itself
  Ending,  // `*example.com`: every name that ends so, including `my-example.com` and itself
  All,     // `*`
};

/// Parsed domain of a list.
struct FirewallDomain {
  DomainMatch match = DomainMatch::Exact;
  /// Text after `*` or `*.`, in any letter case, without the final dot; empty for All.
  std::string_view name;
};

/// Parses a domain of a list: 1 to 255 bytes, `*` or labels of letters, digits and `-`, optionally
/// after `*` or `*.`, with or without the final dot.
/// Errors: the problem, with the text in quotes (at most its first 80 bytes).
/// Lifetime: `text`'s. Threads: any. Cost: linear; allocates only for an error.
/// Source: Route 53 API Reference, UpdateFirewallDomains; RFC 1035 §2.3.4.
[[nodiscard]] Result<FirewallDomain, std::string> parse_firewall_domain(std::string_view text);

}  // namespace inlet53::topology
