#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"
#include "inlet53/topology/firewall_domain.h"

namespace inlet53::topology {

namespace {

// Source: Route 53 Developer Guide, "Quotas on Route 53 Resolver DNS Firewall". The 100,000 domains
// of an account are no limit of ours.
constexpr size_t kMostLists = 1000;
constexpr size_t kMostRules = 100;
constexpr size_t kMostAssociations = 5;
// Source: Route 53 API Reference, AssociateFirewallRuleGroup.
constexpr uint32_t kLowestPriority = 100;
constexpr uint32_t kHighestPriority = 9900;
// Source: Route 53 API Reference, CreateFirewallRule.
constexpr uint32_t kMostOverrideTtl = 604800;

constexpr std::string_view kQtypes[] = {"a",  "aaaa", "caa", "cname", "ds",  "mx", "naptr",
                                        "ns", "ptr",  "soa", "spf",   "srv", "txt"};

/// Source: Route 53 API Reference, CreateFirewallRule.Qtype.
bool is_firewall_qtype(std::string_view text) {
  const std::string lower = ascii_lower(text);
  if (std::find(std::begin(kQtypes), std::end(kQtypes), lower) != std::end(kQtypes)) return true;
  constexpr std::string_view kPrefix = "type";
  constexpr unsigned kMostType = 65334;
  if (!lower.starts_with(kPrefix)) return false;
  unsigned number = 0;
  const char* const end = lower.data() + lower.size();
  const auto [stop, error] = std::from_chars(lower.data() + kPrefix.size(), end, number);
  return error == std::errc{} && stop == end && number >= 1 && number <= kMostType;
}

void check_list(Findings& findings, const FirewallDomainList& list) {
  const KeyPath path{"firewall_domain_list", list.name};
  if (list.domains.empty() && list.file.empty()) {
    findings.add(path, "a list has domains, a file with them, or both");
  }
  for (size_t i = 0; i < list.domains.size(); ++i) {
    if (const auto domain = parse_firewall_domain(list.domains[i]); !domain) {
      findings.add(below(path, "domains", i), domain.error());
    }
  }
}

void check_override(Findings& findings, const KeyPath& path, const FirewallRule& rule) {
  const bool overrides = rule.block_response == BlockResponse::Override;
  const bool has_domain = !rule.block_override_domain.empty();
  if (overrides && !has_domain) {
    findings.add(below(path, "block_override_domain"),
                 "block_response OVERRIDE answers with a CNAME to this domain: it is missing");
  } else if (has_domain && !overrides) {
    findings.add(below(path, "block_override_domain"), "only block_response OVERRIDE has this key");
  } else if (has_domain && !is_zone_name(rule.block_override_domain)) {
    findings.add(below(path, "block_override_domain"),
                 concat('"', rule.block_override_domain, "\" is no domain name"));
  }
  if (!rule.block_override_ttl) return;
  if (!overrides) {
    findings.add(below(path, "block_override_ttl"), "only block_response OVERRIDE has this key");
  } else if (*rule.block_override_ttl > kMostOverrideTtl) {
    findings.add(below(path, "block_override_ttl"),
                 concat(*rule.block_override_ttl, " is out of range: from 0 to ", kMostOverrideTtl,
                        " seconds"));
  }
}

void check_rule(Findings& findings, const KeyPath& path, const FirewallRule& rule) {
  findings.reference(below(path, "domain_list"), findings.topology().firewall_domain_lists,
                     rule.domain_list, "firewall domain list");
  if (!rule.qtype.empty() && !is_firewall_qtype(rule.qtype)) {
    findings.add(below(path, "qtype"),
                 concat('"', rule.qtype,
                        "\" is no type that a rule can name: A, AAAA, CAA, CNAME, DS, MX, NAPTR, "
                        "NS, PTR, SOA, SPF, SRV, TXT, or TYPE1 to TYPE65334"));
  }
  if (rule.action == FirewallAction::Block && !rule.block_response) {
    findings.add(below(path, "block_response"),
                 "a rule with action BLOCK needs it: NODATA, NXDOMAIN or OVERRIDE");
  } else if (rule.action != FirewallAction::Block && rule.block_response) {
    findings.add(below(path, "block_response"), "only a rule with action BLOCK has this key");
  }
  check_override(findings, path, rule);
}

void check_group(Findings& findings, const FirewallRuleGroup& group) {
  const KeyPath path{"firewall_rule_group", group.name};
  if (group.rules.size() > kMostRules) {
    findings.add(path, concat(group.rules.size(), " rules are too many: a group has ", kMostRules,
                              " at most"));
  }
  std::map<uint32_t, size_t> priorities;
  for (size_t i = 0; i < group.rules.size(); ++i) {
    const KeyPath rule = below(path, "rule", i);
    const auto [first, fresh] = priorities.emplace(group.rules[i].priority, i);
    if (!fresh) {
      findings.add(below(rule, "priority"),
                   concat(group.rules[i].priority, " is the priority of ",
                          to_text(below(path, "rule", first->second)), " already"));
    }
    check_rule(findings, rule, group.rules[i]);
  }
}

void check_associations(Findings& findings, const Vpc& vpc) {
  const KeyPath path{"vpc", vpc.name, "firewall_rule_group"};
  if (vpc.firewall_rule_groups.size() > kMostAssociations) {
    findings.add(path,
                 concat(vpc.firewall_rule_groups.size(), " associations are too many: a VPC has ",
                        kMostAssociations, " rule groups at most"));
  }
  std::map<uint32_t, size_t> priorities;
  std::set<std::string_view> groups;
  for (size_t i = 0; i < vpc.firewall_rule_groups.size(); ++i) {
    const FirewallRuleGroupAssociation& association = vpc.firewall_rule_groups[i];
    const KeyPath at = below(path, i);
    findings.reference(below(at, "rule_group"), findings.topology().firewall_rule_groups,
                       association.rule_group, "firewall rule group");
    if (!groups.insert(association.rule_group).second) {
      findings.add(below(at, "rule_group"), "this rule group is associated with the VPC already");
    }
    if (association.priority < kLowestPriority || association.priority > kHighestPriority) {
      findings.add(below(at, "priority"), concat(association.priority, " is out of range: from ",
                                                 kLowestPriority, " to ", kHighestPriority));
    }
    const auto [first, fresh] = priorities.emplace(association.priority, i);
    if (!fresh) {
      findings.add(below(at, "priority"), concat(association.priority, " is the priority of ",
                                                 to_text(below(path, first->second)), " already"));
    }
  }
}

}  // namespace

void check_firewalls(Findings& findings) {
  const Topology& topology = findings.topology();
  if (topology.firewall_domain_lists.size() > kMostLists) {
    findings.add({"firewall_domain_list"},
                 concat(topology.firewall_domain_lists.size(), " lists are too many: there are ",
                        kMostLists, " at most"));
  }
  for (const FirewallDomainList& list : topology.firewall_domain_lists) check_list(findings, list);
  for (const FirewallRuleGroup& group : topology.firewall_rule_groups) check_group(findings, group);
  for (const Vpc& vpc : topology.vpcs) check_associations(findings, vpc);
}

}  // namespace inlet53::topology
