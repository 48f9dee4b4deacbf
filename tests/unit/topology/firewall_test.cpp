// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/firewall.h"

#include "valid_topology.h"
#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

TEST(FirewallDomain, IsTakenApart) {
  const struct {
    std::string text;
    DomainMatch match;
    std::string name;
  } kCases[] = {
      {"example.com", DomainMatch::Exact, "example.com"},
      {"Example.COM.", DomainMatch::Exact, "Example.COM"},
      {"com", DomainMatch::Exact, "com"},
      {"-1-.a", DomainMatch::Exact, "-1-.a"},
      {"*.example.com", DomainMatch::Below, "example.com"},
      {"*.com.", DomainMatch::Below, "com"},
      {"*example.com", DomainMatch::Ending, "example.com"},
      {"*-x.com", DomainMatch::Ending, "-x.com"},
      {"*", DomainMatch::All, ""},
  };
  for (const auto& each : kCases) {
    const auto domain = parse_firewall_domain(each.text);
    ASSERT_TRUE(domain) << domain.error();
    EXPECT_EQ(domain->match, each.match) << each.text;
    EXPECT_EQ(domain->name, each.name);
  }
}

TEST(FirewallDomain, IsRefusedWithTheReason) {
  const std::string label(63, 'a');
  const std::string too_long = label + '.' + label + '.' + label + '.' + label;
  const struct {
    std::string text;
    std::string why;
  } kCases[] = {
      {"", "it is empty"},
      {".", "there is an empty label"},
      {"*.", "there is an empty label"},
      {"*..com", "there is an empty label"},
      {".com", "there is an empty label"},
      {"a..com", "there is an empty label"},
      {"a.com..", "there is an empty label"},
      {"a.*.com", "only"},
      {"**", "only"},
      {"*.*.com", "only"},
      {"_tcp.com", "only"},
      {"a b.com", "only"},
      {"b\xC3\xBC"
       "cher.de",
       "only"},
      {"a" + label + ".com", "a label has 63 bytes at most"},
      {too_long, "a name has 253 bytes at most"},
      {"*." + too_long, "255 bytes at most"},
  };
  for (const auto& each : kCases) {
    const auto domain = parse_firewall_domain(each.text);
    ASSERT_FALSE(domain) << each.text;
    EXPECT_TRUE(domain.error().ends_with(each.why)) << domain.error();
  }
  EXPECT_TRUE(parse_firewall_domain(too_long.substr(2)));
}

constexpr const char* kListId = "rslvr-fdl-0a1b2c3d4e5f60718";
constexpr const char* kGroupId = "rslvr-frg-0a1b2c3d4e5f60718";

FirewallRule rule(uint32_t priority, FirewallAction action) {
  FirewallRule out;
  out.priority = priority;
  out.domain_list = kListId;
  out.action = action;
  if (action == FirewallAction::Block) out.block_response = BlockResponse::NoData;
  return out;
}

Topology with_firewall() {
  Topology t = valid_topology();
  t.firewall_domain_lists = {
      {"bad", kListId, {"bad.test", "*.bad.test", "*bad.test", "*"}, "/lists/bad"}};
  t.firewall_rule_groups = {{"out", kGroupId, {}}};
  auto& rules = t.firewall_rule_groups[0].rules;
  rules = {rule(0, FirewallAction::Allow), rule(1, FirewallAction::Alert),
           rule(2, FirewallAction::Block), rule(3, FirewallAction::Block)};
  rules[0].qtype = "AAAA";
  rules[1].qtype = "type65334";
  rules[3].block_response = BlockResponse::Override;
  rules[3].block_override_domain = "sink.test.";
  rules[3].block_override_ttl = 604800;
  t.vpcs[0].firewall_rule_groups = {{"rslvr-frgassoc-0a1b2c3d4e5f60718", kGroupId, 100}};
  t.vpcs[1].firewall_rule_groups = {{"rslvr-frgassoc-1a1b2c3d4e5f60718", kGroupId, 9900}};
  return t;
}

FirewallRule& rule_of(Topology& t, size_t index) { return t.firewall_rule_groups[0].rules[index]; }

TEST(FirewallRules, AreValid) {
  EXPECT_EQ(problems_of(with_firewall(), [](Topology&) {}), Problems());
}

TEST(FirewallRules, HoldListsToTheirDomains) {
  EXPECT_EQ(
      problems_of(with_firewall(),
                  [](Topology& t) {
                    t.firewall_domain_lists[0].domains = {"a.test", "a b", "**"};
                  }),
      Problems({"firewall_domain_list.bad.domains[1]: \"a b\" is no domain of a list: a label "
                "has letters, digits and - only, and * stands at the beginning only",
                "firewall_domain_list.bad.domains[2]: \"**\" is no domain of a list: a label "
                "has letters, digits and - only, and * stands at the beginning only"}));
  EXPECT_EQ(problems_of(with_firewall(),
                        [](Topology& t) {
                          t.firewall_domain_lists[0] = {"bad", kListId, {}, ""};
                        }),
            Problems({"firewall_domain_list.bad: a list has domains, a file with them, or both"}));
  EXPECT_EQ(problems_of(with_firewall(),
                        [](Topology& t) {
                          for (int i = 0; i < 1000; ++i) {
                            FirewallDomainList list = t.firewall_domain_lists[0];
                            list.name = std::to_string(i);
                            list.id = "rslvr-fdl-0000000000000" + std::to_string(1000 + i);
                            t.firewall_domain_lists.push_back(list);
                          }
                        }),
            Problems({"firewall_domain_list: 1001 lists are too many: there are 1000 at most"}));
}

TEST(FirewallRules, HoldIdsToTheirShape) {
  EXPECT_EQ(
      problems_of(with_firewall(),
                  [](Topology& t) {
                    t.firewall_domain_lists[0].id = "rslvr-fdl-1";
                    for (FirewallRule& each : t.firewall_rule_groups[0].rules) {
                      each.domain_list = "rslvr-fdl-1";
                    }
                    t.vpcs[1].firewall_rule_groups[0].id = "rslvr-frgassoc-0a1b2c3d4e5f60718";
                  }),
      Problems({"firewall_domain_list.bad.id: \"rslvr-fdl-1\" is no id of this kind; it is "
                "rslvr-fdl- and 17 of 0-9a-f",
                "vpc.other.firewall_rule_group[0].id: \"rslvr-frgassoc-0a1b2c3d4e5f60718\" is "
                "the id of vpc.demo.firewall_rule_group[0].id already"}));
}

TEST(FirewallRules, GiveAGroupEachPriorityOnce) {
  EXPECT_EQ(problems_of(with_firewall(), [](Topology& t) { rule_of(t, 2).priority = 0; }),
            Problems({"firewall_rule_group.out.rule[2].priority: 0 is the priority of "
                      "firewall_rule_group.out.rule[0] already"}));
  EXPECT_EQ(
      problems_of(with_firewall(),
                  [](Topology& t) {
                    for (uint32_t i = 4; i <= 100; ++i) {
                      t.firewall_rule_groups[0].rules.push_back(rule(i, FirewallAction::Alert));
                    }
                  }),
      Problems({"firewall_rule_group.out: 101 rules are too many: a group has 100 at most"}));
}

TEST(FirewallRules, WantWhatTheirActionNeedsAndNothingElse) {
  const std::string path = "firewall_rule_group.out.rule";
  EXPECT_EQ(problems_of(with_firewall(), [](Topology& t) { rule_of(t, 2).block_response.reset(); }),
            Problems({path + "[2].block_response: a rule with action BLOCK needs it: NODATA, "
                             "NXDOMAIN or OVERRIDE"}));
  EXPECT_EQ(
      problems_of(with_firewall(),
                  [](Topology& t) { rule_of(t, 1).block_response = BlockResponse::NXDomain; }),
      Problems({path + "[1].block_response: only a rule with action BLOCK has this key"}));
  EXPECT_EQ(problems_of(with_firewall(),
                        [](Topology& t) { rule_of(t, 3).block_override_domain.clear(); }),
            Problems({path + "[3].block_override_domain: block_response OVERRIDE answers with a "
                             "CNAME to this domain: it is missing"}));
  EXPECT_EQ(problems_of(with_firewall(),
                        [](Topology& t) { rule_of(t, 3).block_override_domain = "a b"; }),
            Problems({path + "[3].block_override_domain: \"a b\" is no domain name"}));
  EXPECT_EQ(problems_of(with_firewall(),
                        [](Topology& t) {
                          rule_of(t, 2).block_override_domain = "sink.test";
                          rule_of(t, 0).block_override_ttl = 0;
                        }),
            Problems({path + "[0].block_override_ttl: only block_response OVERRIDE has this key",
                      path + "[2].block_override_domain: only block_response OVERRIDE has this "
                             "key"}));
  EXPECT_EQ(
      problems_of(with_firewall(), [](Topology& t) { rule_of(t, 3).block_override_ttl = 604801; }),
      Problems({path + "[3].block_override_ttl: 604801 is out of range: from 0 to 604800 "
                       "seconds"}));
}

TEST(FirewallRules, NameTypesAndListsThatThereAre) {
  const std::string tail =
      "\" is no type that a rule can name: A, AAAA, CAA, CNAME, DS, MX, NAPTR, NS, PTR, SOA, SPF, "
      "SRV, TXT, or TYPE1 to TYPE65334";
  for (const char* qtype :
       {"HTTPS", "ANY", "TYPE0", "TYPE65335", "TYPE", "TYPE1x", "65", "TYPE-1"}) {
    EXPECT_EQ(problems_of(with_firewall(), [&](Topology& t) { rule_of(t, 0).qtype = qtype; }),
              Problems({std::string("firewall_rule_group.out.rule[0].qtype: \"") + qtype + tail}));
  }
  EXPECT_EQ(
      problems_of(with_firewall(), [](Topology& t) { rule_of(t, 0).domain_list = "bda"; }),
      Problems({"firewall_rule_group.out.rule[0].domain_list: no firewall domain list has the "
                "name or id \"bda\"; did you mean \"bad\"?"}));
}

TEST(FirewallRules, AssociateAGroupOnceAndAPriorityOnce) {
  EXPECT_EQ(problems_of(with_firewall(),
                        [](Topology& t) {
                          auto& groups = t.vpcs[0].firewall_rule_groups;
                          groups.push_back({"rslvr-frgassoc-2a1b2c3d4e5f60718", kGroupId, 99});
                          groups.push_back({"rslvr-frgassoc-3a1b2c3d4e5f60718", "none", 100});
                          groups.push_back({"rslvr-frgassoc-4a1b2c3d4e5f60718", "missing", 9901});
                        }),
            Problems({"vpc.demo.firewall_rule_group[1].rule_group: this rule group is associated "
                      "with the VPC already",
                      "vpc.demo.firewall_rule_group[1].priority: 99 is out of range: from 100 to "
                      "9900",
                      "vpc.demo.firewall_rule_group[2].rule_group: no firewall rule group has the "
                      "name or id \"none\"; there is \"out\"",
                      "vpc.demo.firewall_rule_group[2].priority: 100 is the priority of "
                      "vpc.demo.firewall_rule_group[0] already",
                      "vpc.demo.firewall_rule_group[3].rule_group: no firewall rule group has the "
                      "name or id \"missing\"; there is \"out\"",
                      "vpc.demo.firewall_rule_group[3].priority: 9901 is out of range: from 100 to "
                      "9900"}));
  EXPECT_EQ(
      problems_of(
          with_firewall(),
          [](Topology& t) {
            t.firewall_rule_groups[0].rules.clear();
            for (uint32_t i = 1; i <= 5; ++i) {
              const std::string digit = std::to_string(i);
              t.firewall_rule_groups.push_back({digit, "rslvr-frg-0000000000000000" + digit, {}});
              t.vpcs[0].firewall_rule_groups.push_back({"rslvr-frgassoc-0000000000000000" + digit,
                                                        t.firewall_rule_groups.back().id, 100 + i});
            }
          }),
      Problems({"vpc.demo.firewall_rule_group: 6 associations are too many: a VPC has 5 rule "
                "groups at most"}));
}

}  // namespace
}  // namespace inlet53::topology
