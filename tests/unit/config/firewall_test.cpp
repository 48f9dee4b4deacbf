// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "inlet53/config/config.h"

namespace inlet53::config {
namespace {

constexpr std::string_view kVpc = R"(region = 'eu-west-1'
account_id = '123456789012'
[vpc.main]
cidr_blocks = ['10.0.0.0/16']
)";

constexpr std::string_view kFirewall = R"(firewall_fail_open = true
[[vpc.main.firewall_rule_group]]
rule_group = 'out'
priority = 101
[[vpc.main.firewall_rule_group]]
id = 'rslvr-frgassoc-0a1b2c3d4e5f60718'
rule_group = 'rslvr-frg-0a1b2c3d4e5f60718'
priority = 9900
[firewall_domain_list.bad]
domains = ['bad.test', '*.bad.test']
file = 'lists/bad.txt'
[firewall_rule_group.out]
[[firewall_rule_group.out.rule]]
priority = 20
domain_list = 'bad'
action = 'block'
block_response = 'Override'
block_override_domain = 'sink.test'
block_override_ttl = 300
qtype = 'TXT'
redirection = 'trust_redirection_domain'
[[firewall_rule_group.out.rule]]
priority = 10
domain_list = 'bad'
action = 'ALERT'
[firewall_rule_group.other]
id = 'rslvr-frg-0a1b2c3d4e5f60718'
)";

std::string joined(std::string_view more) { return std::string(kVpc).append(more); }

Config read(std::string_view more) {
  auto config = parse_config(joined(more), "/conf/x.toml");
  if (config) return *std::move(config);
  ADD_FAILURE() << config.error().front().to_text();
  return {};
}

std::vector<std::string> errors_of(std::string_view more) {
  std::vector<std::string> errors;
  const auto config = parse_config(joined(more), "x.toml");
  if (config) return errors;
  for (const ConfigError& error : config.error()) errors.push_back(error.to_text());
  return errors;
}

using Errors = std::vector<std::string>;

TEST(FirewallConfig, IsReadWhole) {
  const topology::Topology t = read(kFirewall).topology;
  EXPECT_TRUE(t.vpcs[0].firewall_fail_open);
  const auto& lists = t.firewall_domain_lists;
  ASSERT_EQ(lists.size(), 1U);
  EXPECT_EQ(lists[0].domains, (std::vector<std::string>{"bad.test", "*.bad.test"}));
  EXPECT_EQ(lists[0].file, "/conf/lists/bad.txt");
  EXPECT_TRUE(lists[0].id.starts_with("rslvr-fdl-0"));

  ASSERT_EQ(t.firewall_rule_groups.size(), 2U);
  const topology::FirewallRuleGroup& group = t.firewall_rule_groups[0];
  EXPECT_EQ(group.name, "out");
  ASSERT_EQ(group.rules.size(), 2U);
  const topology::FirewallRule& first = group.rules[0];
  EXPECT_EQ(first.priority, 20U);
  EXPECT_EQ(first.domain_list, lists[0].id);
  EXPECT_EQ(first.action, topology::FirewallAction::Block);
  EXPECT_EQ(first.block_response, topology::BlockResponse::Override);
  EXPECT_EQ(first.block_override_domain, "sink.test");
  EXPECT_EQ(first.block_override_ttl, 300U);
  EXPECT_EQ(first.qtype, "TXT");
  EXPECT_EQ(first.redirection, topology::RedirectionAction::Trust);
  const topology::FirewallRule& second = group.rules[1];
  EXPECT_EQ(second.action, topology::FirewallAction::Alert);
  EXPECT_FALSE(second.block_response);
  EXPECT_FALSE(second.block_override_ttl);
  EXPECT_EQ(second.qtype, "");
  EXPECT_EQ(second.redirection, topology::RedirectionAction::Inspect);

  const auto& associations = t.vpcs[0].firewall_rule_groups;
  ASSERT_EQ(associations.size(), 2U);
  EXPECT_EQ(associations[0].rule_group, group.id);
  EXPECT_EQ(associations[0].priority, 101U);
  EXPECT_TRUE(associations[0].id.starts_with("rslvr-frgassoc-0"));
  EXPECT_EQ(associations[1].rule_group, t.firewall_rule_groups[1].id);
}

TEST(FirewallConfig, IsOptional) {
  const topology::Topology t = read("").topology;
  EXPECT_FALSE(t.vpcs[0].firewall_fail_open);
  EXPECT_TRUE(t.vpcs[0].firewall_rule_groups.empty());
}

TEST(FirewallConfig, SaysWhereAFaultIs) {
  EXPECT_EQ(errors_of("[firewall_domain_list.bad]\ndomains = ['fine.test', 'a b']\n"),
            Errors({"x.toml:6:25: firewall_domain_list.bad.domains[1]: \"a b\" is no domain of a "
                    "list: a label has letters, digits and - only, and * stands at the beginning "
                    "only"}));
  EXPECT_EQ(
      errors_of("[firewall_domain_list.bad]\n"),
      Errors({"x.toml:5:1: firewall_domain_list.bad: a list has domains, a file with them, or "
              "both"}));
  EXPECT_EQ(
      errors_of("[firewall_domain_list.bad]\ndomains = 'bad.test'\nfiel = 'x'\n"),
      Errors({"x.toml:6:11: firewall_domain_list.bad.domains: expected a list in [ ], found a "
              "text: write [\"bad.test\"]",
              "x.toml:7:1: firewall_domain_list.bad.fiel: unknown key; did you mean "
              "\"file\"?"}));
  EXPECT_EQ(
      errors_of("[[firewall_rule_group.g.rule]]\npriority = -1\naction = 'DENY'\n"),
      Errors({"x.toml:5:1: firewall_rule_group.g.rule[0].domain_list: this key is missing",
              "x.toml:6:12: firewall_rule_group.g.rule[0].priority: -1 is out of range: from 0 "
              "to 2147483647",
              "x.toml:7:10: firewall_rule_group.g.rule[0].action: \"DENY\" is none of "
              "\"ALLOW\", \"ALERT\", \"BLOCK\""}));
  EXPECT_EQ(
      errors_of("[[vpc.main.firewall_rule_group]]\nrule_group = 'none'\npriority = 7\n"),
      Errors({"x.toml:6:14: vpc.main.firewall_rule_group[0].rule_group: no firewall rule group "
              "has the name or id \"none\"; there is no firewall rule group at all",
              "x.toml:7:12: vpc.main.firewall_rule_group[0].priority: 7 is out of range: from "
              "100 to 9900"}));
}

}  // namespace
}  // namespace inlet53::config
