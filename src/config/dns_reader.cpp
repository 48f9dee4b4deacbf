// SPDX-License-Identifier: Apache-2.0
#include "readers.h"

namespace inlet53::config {

namespace {

/// Generates Z and 20 of A-Z0-9, the form that Route 53 uses today.
std::string generate_hosted_zone_id(std::string_view seed) {
  constexpr IdShape kDigits{"", 20, 0, true};
  std::string id = concat('Z', generate_id(kDigits, seed));
  for (char& c : id) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return id;
}

void read_hosted_zone(TableReader& in, topology::HostedZone& zone) {
  zone.name = in.name();
  in.refuse_for_now("tags", {"tags"});
  in.read("id", Need::Optional, zone.id, parse_text);
  if (!in.has("id")) zone.id = generate_hosted_zone_id(topology::to_text(in.path()));
  in.read("domain_name", Need::Required, zone.domain_name, parse_text);
  in.read("file", Need::Required, zone.file, path_below(in.reading().folder));
  const Place place = in.place_of_value("file");
  zone.file_line = place.line;
  zone.file_column = place.column;
  in.read_list("vpcs", Need::Required, zone.vpcs, parse_text);
  in.refuse_for_now("descriptions", {"comment", "hosted_zone_config"});
  in.refuse_for_now("logs of public zones", {"query_logging_config"});
  in.refuse_for_now("accelerated recovery", {"hosted_zone_features"});
}

using topology::RuleType;
using topology::TargetAddress;
using topology::TargetProtocol;

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kDnsOverTlsPort = 853;

/// Parses an address with or without a port. Without a port it is 0, and the caller sets it.
Value<SocketAddress> parse_target(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return Unexpected(text.error());
  if (const auto address = IpAddress::parse(*text)) return SocketAddress{*address, 0};
  return parse_socket_address(node);
}

void read_target(TableReader& in, TargetAddress& target) {
  in.read("address", Need::Required, target.address, parse_target);
  in.read("protocol", Need::Optional, target.protocol,
          one_of<TargetProtocol>({{"Do53", TargetProtocol::Do53}, {"DoT", TargetProtocol::DoT}}));
  in.read("server_name_indication", Need::Optional, target.server_name_indication, parse_text);
  if (target.address.port == 0) {
    target.address.port = target.protocol == TargetProtocol::DoT ? kDnsOverTlsPort : kDnsPort;
  }
}

void read_resolver_rule(TableReader& in, topology::ResolverRule& rule) {
  rule.name = in.name();
  read_id(in, "id", id_shape::kResolverRule, rule.id);
  in.read("rule_type", Need::Optional, rule.rule_type,
          one_of<RuleType>({{"FORWARD", RuleType::Forward}, {"SYSTEM", RuleType::System}}));
  in.read("domain_name", Need::Required, rule.domain_name, parse_text);
  in.read("resolver_endpoint", Need::Optional, rule.resolver_endpoint, parse_text);
  in.each("target_ips",
          [&](TableReader& target) { read_target(target, rule.target_ips.emplace_back()); });
  in.read_list("vpcs", Need::Required, rule.vpcs, parse_text);
  in.refuse_for_now("delegation rules", {"delegation_record"});
}

using topology::BlockResponse;
using topology::FirewallAction;
using topology::RedirectionAction;

/// Above the limits of AWS, which topology::validate checks.
constexpr Range kAnyInt32{0, INT32_MAX};

void read_domain_list(TableReader& in, topology::FirewallDomainList& list) {
  list.name = in.name();
  read_id(in, "id", id_shape::kFirewallDomainList, list.id);
  in.read_list("domains", Need::Optional, list.domains, parse_text);
  in.read("file", Need::Optional, list.file, path_below(in.reading().folder));
  in.refuse_for_now("domain lists in S3", {"domain_file_url"});
}

void read_rule(TableReader& in, topology::FirewallRule& rule) {
  const auto parse_any_number = in_range<uint32_t>(parse_number, kAnyInt32);
  in.read("priority", Need::Required, rule.priority, parse_any_number);
  in.read("domain_list", Need::Required, rule.domain_list, parse_text);
  in.read("action", Need::Required, rule.action,
          one_of<FirewallAction>({{"ALLOW", FirewallAction::Allow},
                                  {"ALERT", FirewallAction::Alert},
                                  {"BLOCK", FirewallAction::Block}}));
  in.read("qtype", Need::Optional, rule.qtype, parse_text);
  in.read("redirection", Need::Optional, rule.redirection,
          one_of<RedirectionAction>({{"INSPECT_REDIRECTION_DOMAIN", RedirectionAction::Inspect},
                                     {"TRUST_REDIRECTION_DOMAIN", RedirectionAction::Trust}}));
  in.read("block_response", Need::Optional, rule.block_response,
          one_of<BlockResponse>({{"NODATA", BlockResponse::NoData},
                                 {"NXDOMAIN", BlockResponse::NXDomain},
                                 {"OVERRIDE", BlockResponse::Override}}));
  in.read("block_override_domain", Need::Optional, rule.block_override_domain, parse_text);
  in.read("block_override_ttl", Need::Optional, rule.block_override_ttl, parse_any_number);
  in.refuse_for_now("DNS Firewall Advanced", {"confidence_threshold", "dns_threat_protection",
                                              "firewall_threat_protection_id"});
  in.refuse_for_now("types of overrides", {"block_override_dns_type"});
}

void read_rule_group(TableReader& in, topology::FirewallRuleGroup& group) {
  group.name = in.name();
  read_id(in, "id", id_shape::kFirewallRuleGroup, group.id);
  in.each("rule", [&](TableReader& rule) { read_rule(rule, group.rules.emplace_back()); });
}

}  // namespace

void read_hosted_zones(TableReader& root, topology::Topology& topology) {
  root.each_named("hosted_zone", [&](TableReader& in) {
    read_hosted_zone(in, topology.hosted_zones.emplace_back());
  });
}

void read_resolver_rules(TableReader& root, topology::Topology& topology) {
  root.each_named("resolver_rule", [&](TableReader& in) {
    read_resolver_rule(in, topology.resolver_rules.emplace_back());
  });
}

void read_firewall_association(TableReader& in,
                               topology::FirewallRuleGroupAssociation& association) {
  read_id(in, "id", id_shape::kFirewallRuleGroupAssociation, association.id);
  in.read("rule_group", Need::Required, association.rule_group, parse_text);
  in.read("priority", Need::Required, association.priority,
          in_range<uint32_t>(parse_number, kAnyInt32));
  in.refuse_for_now("protection against changes", {"mutation_protection"});
}

void read_firewalls(TableReader& root, topology::Topology& topology) {
  root.each_named("firewall_domain_list", [&](TableReader& in) {
    read_domain_list(in, topology.firewall_domain_lists.emplace_back());
  });
  root.each_named("firewall_rule_group", [&](TableReader& in) {
    read_rule_group(in, topology.firewall_rule_groups.emplace_back());
  });
}

}  // namespace inlet53::config
