#include "object_keys.h"
#include "topology_reader.h"

namespace inlet53::config {

namespace {

using topology::BlockResponse;
using topology::FirewallAction;
using topology::RedirectionAction;

/// Above AWS's own limits, which topology::validate knows.
constexpr Range kAnyNumber{0, INT32_MAX};

void read_domain_list(TableReader& in, topology::FirewallDomainList& list) {
  list.name = in.name();
  read_id(in, "id", id_shape::kFirewallDomainList, list.id);
  in.read_list("domains", Need::Optional, list.domains, parse_text);
  in.read("file", Need::Optional, list.file, path_below(in.reading().folder));
  in.refuse_for_now("domain lists in S3", {"domain_file_url"});
}

void read_rule(TableReader& in, topology::FirewallRule& rule) {
  const auto parse_any_number = in_range<uint32_t>(parse_number, kAnyNumber);
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

void read_firewall_association(TableReader& in,
                               topology::FirewallRuleGroupAssociation& association) {
  read_id(in, "id", id_shape::kFirewallRuleGroupAssociation, association.id);
  in.read("rule_group", Need::Required, association.rule_group, parse_text);
  in.read("priority", Need::Required, association.priority,
          in_range<uint32_t>(parse_number, kAnyNumber));
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
