// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"
#include "inlet53/topology/endpoint_access.h"
#include "inlet53/topology/firewall.h"

namespace inlet53::topology {

namespace {

/// Hosted zones by VPC and domain name.
using ZoneNames = std::map<std::pair<std::string_view, std::string>, const HostedZone*>;

void check_zone_vpcs(Validation& validation, ZoneNames& names, const HostedZone& zone) {
  const KeyPath list{"hosted_zone", zone.name, "vpcs"};
  if (zone.vpcs.empty()) {
    validation.add(list, "a private hosted zone is associated with at least one VPC");
  }
  const auto vpcs = validation.references(list, validation.topology().vpcs, zone.vpcs, "VPC");
  for (size_t i = 0; i < vpcs.size(); ++i) {
    if (vpcs[i] == nullptr) continue;
    if (!(vpcs[i]->enable_dns_support && vpcs[i]->enable_dns_hostnames)) {
      validation.add(below(list, i),
                     concat("a private hosted zone needs a VPC with enable_dns_support and "
                            "enable_dns_hostnames; VPC \"",
                            vpcs[i]->name, "\" has not both"));
    }
    const auto [first, fresh] = names.emplace(
        std::pair(std::string_view(vpcs[i]->id), canonical_domain(zone.domain_name)), &zone);
    if (!fresh && first->second != &zone) {
      validation.add(below(list, i),
                     concat("hosted zone \"", first->second->name,
                            "\" has the same domain_name in VPC \"", vpcs[i]->name, '"'));
    }
  }
}

/// Source: Route 53 Developer Guide, "Quotas": target IP addresses in a rule.
constexpr size_t kMostTargets = 6;

/// Rules by VPC and domain name.
using RuleNames = std::map<std::pair<std::string_view, std::string>, const ResolverRule*>;

bool is_rule_name(std::string_view name) { return name == "." || is_zone_name(name); }

bool has_vpc(const ResolverRule& rule, std::string_view vpc) {
  return std::find(rule.vpcs.begin(), rule.vpcs.end(), vpc) != rule.vpcs.end();
}

/// Reports a rule that sends queries to a VPC where the same rule applies, which makes a loop.
/// Source: Route 53 Developer Guide, "Best practices for Resolver", "Avoid loop configurations".
void check_loop(Validation& validation, const KeyPath& path, const ResolverRule& rule,
                const TargetAddress& target, const ResolverEndpoint& reached) {
  if (!has_vpc(rule, reached.vpc)) return;
  validation.add(below(path, "address"),
                 concat(target.address.to_text(), " is resolver endpoint \"", reached.name,
                        "\" of a VPC that this rule applies to: its queries would go in a loop"));
}

/// Checks that a target that is an endpoint of this topology is one endpoint and makes no loop.
void check_reached(Validation& validation, const KeyPath& path, const ResolverRule& rule,
                   const TargetAddress& target) {
  const std::vector<EndpointTarget> reached =
      endpoints_of_target(validation.topology(), rule, target);
  if (reached.size() > 1) {
    return validation.add(
        below(path, "address"),
        concat(target.address.to_text(), " is resolver endpoint \"", reached[0].endpoint->name,
               "\" in its VPC, and \"", reached[1].endpoint->name,
               "\" in another; write the `listen` of the one that is meant"));
  }
  if (reached.empty()) return;
  const ResolverEndpoint& endpoint = *reached[0].endpoint;
  check_loop(validation, path, rule, target, endpoint);
  const EndpointProtocol protocol = endpoint_protocol(target.protocol);
  if (std::ranges::find(endpoint.protocols, protocol) == endpoint.protocols.end()) {
    validation.add(below(path, "protocol"),
                   concat("resolver endpoint \"", endpoint.name, "\" does not have protocol ",
                          to_text(protocol)));
    return;
  }
  for (const EndpointProtocol other : endpoint.protocols) {
    const ResolverEndpointIp& ip = *reached[0].ip;
    if (other == protocol || listen_of(ip, other) != target.address ||
        listen_of(ip, protocol) == target.address) {
      continue;
    }
    validation.add(below(path, "address"),
                   concat("resolver endpoint \"", endpoint.name, "\" serves ", to_text(other),
                          " at ", target.address.to_text(), ", not ", to_text(protocol)));
  }
}

void check_target(Validation& validation, const KeyPath& path, const ResolverRule& rule,
                  const TargetAddress& target, const ResolverEndpoint* endpoint) {
  check_reached(validation, path, rule, target);
  if (target.protocol == TargetProtocol::Do53 && !target.server_name_indication.empty()) {
    validation.add(below(path, "server_name_indication"), "only a target of protocol DoT has one");
  }
  if (!target.server_name_indication.empty() && !is_zone_name(target.server_name_indication)) {
    validation.add(below(path, "server_name_indication"),
                   concat('"', target.server_name_indication, "\" is no host name"));
  }
  if (endpoint == nullptr) return;
  const bool ipv4 = reached_address(validation.topology(), rule, target).address.is_v4();
  const bool reachable =
      std::any_of(endpoint->ip_addresses.begin(), endpoint->ip_addresses.end(),
                  [&](const ResolverEndpointIp& ip) {
                    return ip.enabled && (!ip.send_from || ip.send_from->is_v4() == ipv4);
                  });
  if (!reachable) {
    validation.add(below(path, "address"),
                   concat("no enabled address of outbound endpoint \"", endpoint->name,
                          "\" sends to ", ipv4 ? "IPv4" : "IPv6"));
  }
}

void check_forward(Validation& validation, const KeyPath& path, const ResolverRule& rule) {
  const ResolverEndpoint* endpoint = nullptr;
  if (rule.resolver_endpoint.empty()) {
    validation.add(below(path, "resolver_endpoint"),
                   "a FORWARD rule has an outbound endpoint that its queries leave by");
  } else {
    endpoint = validation.reference(below(path, "resolver_endpoint"),
                                    validation.topology().resolver_endpoints,
                                    rule.resolver_endpoint, "resolver endpoint");
  }
  if (endpoint != nullptr && endpoint->direction != Direction::Outbound) {
    validation.add(below(path, "resolver_endpoint"),
                   concat("resolver endpoint \"", endpoint->name, "\" is not OUTBOUND"));
    endpoint = nullptr;
  }
  if (rule.target_ips.empty() || rule.target_ips.size() > kMostTargets) {
    validation.add(below(path, "target_ips"),
                   concat("a FORWARD rule has 1 to ", kMostTargets, " targets, this one has ",
                          rule.target_ips.size()));
  }
  for (size_t i = 0; i < rule.target_ips.size(); ++i) {
    const KeyPath target = below(path, "target_ips", i);
    const auto end = rule.target_ips.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(rule.target_ips.begin(), end, [&](const TargetAddress& earlier) {
          return reached_address(validation.topology(), rule, earlier) ==
                 reached_address(validation.topology(), rule, rule.target_ips[i]);
        })) {
      validation.add(below(target, "address"), "this target is in the list already");
    }
    check_target(validation, target, rule, rule.target_ips[i], endpoint);
  }
}

void check_system(Validation& validation, const KeyPath& path, const ResolverRule& rule) {
  if (!rule.target_ips.empty()) {
    validation.add(below(path, "target_ips"), "a SYSTEM rule forwards nothing");
  }
  if (!rule.resolver_endpoint.empty()) {
    validation.add(below(path, "resolver_endpoint"), "a SYSTEM rule forwards nothing");
  }
}

void check_rule_vpcs(Validation& validation, RuleNames& names, const ResolverRule& rule) {
  const KeyPath list{"resolver_rule", rule.name, "vpcs"};
  if (rule.vpcs.empty()) {
    validation.add(list, "a resolver rule is associated with at least one VPC");
  }
  const auto vpcs = validation.references(list, validation.topology().vpcs, rule.vpcs, "VPC");
  for (size_t i = 0; i < vpcs.size(); ++i) {
    if (vpcs[i] == nullptr) continue;
    const auto [first, fresh] = names.emplace(
        std::pair(std::string_view(vpcs[i]->id), canonical_domain(rule.domain_name)), &rule);
    if (!fresh && first->second != &rule) {
      validation.add(below(list, i),
                     concat("resolver rule \"", first->second->name,
                            "\" has the same domain_name in VPC \"", vpcs[i]->name, '"'));
    }
  }
}

// Source: Route 53 Developer Guide, "Quotas on Route 53 Resolver DNS Firewall". inlet53 has no
// limit for the domains of an account (AWS: 100,000).
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

void check_list(Validation& validation, const FirewallDomainList& list) {
  const KeyPath path{"firewall_domain_list", list.name};
  if (list.domains.empty() && list.file.empty()) {
    validation.add(path, "a list has domains, a file with them, or both");
  }
  for (size_t i = 0; i < list.domains.size(); ++i) {
    if (const auto domain = parse_firewall_domain(list.domains[i]); !domain) {
      validation.add(below(path, "domains", i), domain.error());
    }
  }
}

void check_override(Validation& validation, const KeyPath& path, const FirewallRule& rule) {
  const bool overrides = rule.block_response == BlockResponse::Override;
  const bool has_domain = !rule.block_override_domain.empty();
  if (overrides && !has_domain) {
    validation.add(below(path, "block_override_domain"),
                   "block_response OVERRIDE answers with a CNAME to this domain: it is missing");
  } else if (has_domain && !overrides) {
    validation.add(below(path, "block_override_domain"),
                   "only block_response OVERRIDE has this key");
  } else if (has_domain && !is_zone_name(rule.block_override_domain)) {
    validation.add(below(path, "block_override_domain"),
                   concat('"', rule.block_override_domain, "\" is no domain name"));
  }
  if (!rule.block_override_ttl) return;
  if (!overrides) {
    validation.add(below(path, "block_override_ttl"), "only block_response OVERRIDE has this key");
  } else if (*rule.block_override_ttl > kMostOverrideTtl) {
    validation.add(below(path, "block_override_ttl"),
                   concat(*rule.block_override_ttl, " is out of range: from 0 to ",
                          kMostOverrideTtl, " seconds"));
  }
}

void check_rule(Validation& validation, const KeyPath& path, const FirewallRule& rule) {
  validation.reference(below(path, "domain_list"), validation.topology().firewall_domain_lists,
                       rule.domain_list, "firewall domain list");
  if (!rule.qtype.empty() && !is_firewall_qtype(rule.qtype)) {
    validation.add(below(path, "qtype"),
                   concat('"', rule.qtype,
                          "\" is no type that a rule can name: A, AAAA, CAA, CNAME, DS, MX, NAPTR, "
                          "NS, PTR, SOA, SPF, SRV, TXT, or TYPE1 to TYPE65334"));
  }
  if (rule.action == FirewallAction::Block && !rule.block_response) {
    validation.add(below(path, "block_response"),
                   "a rule with action BLOCK needs it: NODATA, NXDOMAIN or OVERRIDE");
  } else if (rule.action != FirewallAction::Block && rule.block_response) {
    validation.add(below(path, "block_response"), "only a rule with action BLOCK has this key");
  }
  check_override(validation, path, rule);
}

void check_group(Validation& validation, const FirewallRuleGroup& group) {
  const KeyPath path{"firewall_rule_group", group.name};
  if (group.rules.size() > kMostRules) {
    validation.add(path, concat(group.rules.size(), " rules are too many: a group has ", kMostRules,
                                " at most"));
  }
  std::map<uint32_t, size_t> priorities;
  for (size_t i = 0; i < group.rules.size(); ++i) {
    const KeyPath rule = below(path, "rule", i);
    const auto [first, fresh] = priorities.emplace(group.rules[i].priority, i);
    if (!fresh) {
      validation.add(below(rule, "priority"),
                     concat(group.rules[i].priority, " is the priority of ",
                            to_text(below(path, "rule", first->second)), " already"));
    }
    check_rule(validation, rule, group.rules[i]);
  }
}

void check_associations(Validation& validation, const Vpc& vpc) {
  const KeyPath path{"vpc", vpc.name, "firewall_rule_group"};
  if (vpc.firewall_rule_groups.size() > kMostAssociations) {
    validation.add(path,
                   concat(vpc.firewall_rule_groups.size(), " associations are too many: a VPC has ",
                          kMostAssociations, " rule groups at most"));
  }
  std::map<uint32_t, size_t> priorities;
  std::set<std::string_view> groups;
  for (size_t i = 0; i < vpc.firewall_rule_groups.size(); ++i) {
    const FirewallRuleGroupAssociation& association = vpc.firewall_rule_groups[i];
    const KeyPath at = below(path, i);
    validation.reference(below(at, "rule_group"), validation.topology().firewall_rule_groups,
                         association.rule_group, "firewall rule group");
    if (!groups.insert(association.rule_group).second) {
      validation.add(below(at, "rule_group"), "this rule group is associated with the VPC already");
    }
    if (association.priority < kLowestPriority || association.priority > kHighestPriority) {
      validation.add(below(at, "priority"), concat(association.priority, " is out of range: from ",
                                                   kLowestPriority, " to ", kHighestPriority));
    }
    const auto [first, fresh] = priorities.emplace(association.priority, i);
    if (!fresh) {
      validation.add(below(at, "priority"),
                     concat(association.priority, " is the priority of ",
                            to_text(below(path, first->second)), " already"));
    }
  }
}

}  // namespace

std::string canonical_domain(std::string_view domain_name) {
  if (domain_name.ends_with('.')) domain_name.remove_suffix(1);
  return ascii_lower(domain_name);
}

void check_hosted_zones(Validation& validation) {
  ZoneNames names;
  for (const HostedZone& zone : validation.topology().hosted_zones) {
    const KeyPath path{"hosted_zone", zone.name};
    if (!is_zone_name(zone.domain_name)) {
      validation.add(below(path, "domain_name"),
                     concat('"', zone.domain_name,
                            "\" is no domain name of a zone: labels of 1 to 63 "
                            "letters, digits, - and _ with dots between, as in \"corp.internal\""));
    }
    if (zone.file.empty()) validation.add(below(path, "file"), "the zone has no master file");
    check_zone_vpcs(validation, names, zone);
  }
}

void check_resolver_rules(Validation& validation) {
  RuleNames names;
  for (const ResolverRule& rule : validation.topology().resolver_rules) {
    const KeyPath path{"resolver_rule", rule.name};
    if (!is_rule_name(rule.domain_name)) {
      validation.add(below(path, "domain_name"),
                     concat('"', rule.domain_name,
                            "\" is no domain name of a rule: labels of 1 to 63 letters, digits, - "
                            "and _ with dots between, as in \"corp.example.com\", or \".\" for all "
                            "names"));
    }
    if (rule.rule_type == RuleType::Forward) {
      check_forward(validation, path, rule);
    } else {
      check_system(validation, path, rule);
    }
    check_rule_vpcs(validation, names, rule);
  }
}

void check_firewalls(Validation& validation) {
  const Topology& topology = validation.topology();
  if (topology.firewall_domain_lists.size() > kMostLists) {
    validation.add({"firewall_domain_list"},
                   concat(topology.firewall_domain_lists.size(), " lists are too many: there are ",
                          kMostLists, " at most"));
  }
  for (const FirewallDomainList& list : topology.firewall_domain_lists)
    check_list(validation, list);
  for (const FirewallRuleGroup& group : topology.firewall_rule_groups)
    check_group(validation, group);
  for (const Vpc& vpc : topology.vpcs) check_associations(validation, vpc);
}

}  // namespace inlet53::topology
