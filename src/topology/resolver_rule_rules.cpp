#include <algorithm>
#include <map>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"
#include "inlet53/topology/rule_targets.h"

namespace inlet53::topology {

namespace {

/// Source: Route 53 Developer Guide, "Quotas": target IP addresses in a rule.
constexpr size_t kMostTargets = 6;

/// Which rule of a VPC has a domain name.
using RuleNames = std::map<std::pair<std::string_view, std::string>, const ResolverRule*>;

bool is_rule_name(std::string_view name) { return name == "." || is_zone_name(name); }

bool has_vpc(const ResolverRule& rule, std::string_view vpc) {
  return std::find(rule.vpcs.begin(), rule.vpcs.end(), vpc) != rule.vpcs.end();
}

/// A rule that sends queries to where the same rule applies would send them round and round.
/// Source: Route 53 Developer Guide, "Best practices for Resolver", "Avoid loop configurations".
void check_loop(Findings& findings, const KeyPath& path, const ResolverRule& rule,
                const TargetAddress& target, const ResolverEndpoint& reached) {
  if (!has_vpc(rule, reached.vpc)) return;
  findings.add(below(path, "address"),
               concat(target.address.to_text(), " is resolver endpoint \"", reached.name,
                      "\" of a VPC that this rule applies to: its queries would go in a loop"));
}

/// A target that is an endpoint of this topology is one endpoint, and leads to no loop.
void check_reached(Findings& findings, const KeyPath& path, const ResolverRule& rule,
                   const TargetAddress& target) {
  const std::vector<EndpointTarget> reached =
      endpoints_of_target(findings.topology(), rule, target);
  if (reached.size() > 1) {
    return findings.add(
        below(path, "address"),
        concat(target.address.to_text(), " is resolver endpoint \"", reached[0].endpoint->name,
               "\" in its VPC, and \"", reached[1].endpoint->name,
               "\" in another; write the `listen` of the one that is meant"));
  }
  if (reached.empty()) return;
  const ResolverEndpoint& endpoint = *reached[0].endpoint;
  check_loop(findings, path, rule, target, endpoint);
  const EndpointProtocol protocol = endpoint_protocol(target.protocol);
  if (std::ranges::find(endpoint.protocols, protocol) == endpoint.protocols.end()) {
    findings.add(below(path, "protocol"), concat("resolver endpoint \"", endpoint.name,
                                                 "\" does not have protocol ", to_text(protocol)));
    return;
  }
  for (const EndpointProtocol other : endpoint.protocols) {
    const ResolverEndpointIp& ip = *reached[0].ip;
    if (other == protocol || listen_of(ip, other) != target.address ||
        listen_of(ip, protocol) == target.address) {
      continue;
    }
    findings.add(below(path, "address"),
                 concat("resolver endpoint \"", endpoint.name, "\" serves ", to_text(other), " at ",
                        target.address.to_text(), ", not ", to_text(protocol)));
  }
}

void check_target(Findings& findings, const KeyPath& path, const ResolverRule& rule,
                  const TargetAddress& target, const ResolverEndpoint* endpoint) {
  check_reached(findings, path, rule, target);
  if (target.protocol == TargetProtocol::Do53 && !target.server_name_indication.empty()) {
    findings.add(below(path, "server_name_indication"), "only a target of protocol DoT has one");
  }
  if (!target.server_name_indication.empty() && !is_zone_name(target.server_name_indication)) {
    findings.add(below(path, "server_name_indication"),
                 concat('"', target.server_name_indication, "\" is no host name"));
  }
  if (endpoint == nullptr) return;
  const bool ipv4 = reached_address(findings.topology(), rule, target).address.is_v4();
  const bool reachable =
      std::any_of(endpoint->ip_addresses.begin(), endpoint->ip_addresses.end(),
                  [&](const ResolverEndpointIp& ip) {
                    return ip.enabled && (!ip.send_from || ip.send_from->is_v4() == ipv4);
                  });
  if (!reachable) {
    findings.add(below(path, "address"),
                 concat("no enabled address of outbound endpoint \"", endpoint->name,
                        "\" sends to ", ipv4 ? "IPv4" : "IPv6"));
  }
}

void check_forward(Findings& findings, const KeyPath& path, const ResolverRule& rule) {
  const ResolverEndpoint* endpoint = nullptr;
  if (rule.resolver_endpoint.empty()) {
    findings.add(below(path, "resolver_endpoint"),
                 "a FORWARD rule has an outbound endpoint that its queries leave by");
  } else {
    endpoint =
        findings.reference(below(path, "resolver_endpoint"), findings.topology().resolver_endpoints,
                           rule.resolver_endpoint, "resolver endpoint");
  }
  if (endpoint != nullptr && endpoint->direction != Direction::Outbound) {
    findings.add(below(path, "resolver_endpoint"),
                 concat("resolver endpoint \"", endpoint->name, "\" is not OUTBOUND"));
    endpoint = nullptr;
  }
  if (rule.target_ips.empty() || rule.target_ips.size() > kMostTargets) {
    findings.add(below(path, "target_ips"),
                 concat("a FORWARD rule has 1 to ", kMostTargets, " targets, this one has ",
                        rule.target_ips.size()));
  }
  for (size_t i = 0; i < rule.target_ips.size(); ++i) {
    const KeyPath target = below(path, "target_ips", i);
    const auto end = rule.target_ips.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(rule.target_ips.begin(), end, [&](const TargetAddress& earlier) {
          return reached_address(findings.topology(), rule, earlier) ==
                 reached_address(findings.topology(), rule, rule.target_ips[i]);
        })) {
      findings.add(below(target, "address"), "this target is in the list already");
    }
    check_target(findings, target, rule, rule.target_ips[i], endpoint);
  }
}

void check_system(Findings& findings, const KeyPath& path, const ResolverRule& rule) {
  if (!rule.target_ips.empty()) {
    findings.add(below(path, "target_ips"), "a SYSTEM rule forwards nothing");
  }
  if (!rule.resolver_endpoint.empty()) {
    findings.add(below(path, "resolver_endpoint"), "a SYSTEM rule forwards nothing");
  }
}

void check_rule_vpcs(Findings& findings, RuleNames& names, const ResolverRule& rule) {
  const KeyPath list{"resolver_rule", rule.name, "vpcs"};
  if (rule.vpcs.empty()) {
    findings.add(list, "a resolver rule is associated with at least one VPC");
  }
  const auto vpcs = findings.references(list, findings.topology().vpcs, rule.vpcs, "VPC");
  for (size_t i = 0; i < vpcs.size(); ++i) {
    if (vpcs[i] == nullptr) continue;
    const auto [first, fresh] = names.emplace(
        std::pair(std::string_view(vpcs[i]->id), canonical_domain(rule.domain_name)), &rule);
    if (!fresh && first->second != &rule) {
      findings.add(below(list, i),
                   concat("resolver rule \"", first->second->name,
                          "\" has the same domain_name in VPC \"", vpcs[i]->name, '"'));
    }
  }
}

}  // namespace

void check_resolver_rules(Findings& findings) {
  RuleNames names;
  for (const ResolverRule& rule : findings.topology().resolver_rules) {
    const KeyPath path{"resolver_rule", rule.name};
    if (!is_rule_name(rule.domain_name)) {
      findings.add(below(path, "domain_name"),
                   concat('"', rule.domain_name,
                          "\" is no domain name of a rule: labels of 1 to 63 letters, digits, - "
                          "and _ with dots between, as in \"corp.example.com\", or \".\" for all "
                          "names"));
    }
    if (rule.rule_type == RuleType::Forward) {
      check_forward(findings, path, rule);
    } else {
      check_system(findings, path, rule);
    }
    check_rule_vpcs(findings, names, rule);
  }
}

}  // namespace inlet53::topology
