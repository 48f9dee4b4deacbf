// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/firewall.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53::resolver {
namespace {

using topology::BlockResponse;
using topology::FirewallAction;
using topology::RedirectionAction;

constexpr zone::HashSeed kSeed = 53;

topology::FirewallRule rule(uint32_t priority, std::string list, FirewallAction action) {
  topology::FirewallRule out;
  out.priority = priority;
  out.domain_list = std::move(list);
  out.action = action;
  if (action == FirewallAction::Block) out.block_response = BlockResponse::NXDomain;
  return out;
}

/// Two VPCs, three lists, and two groups that are associated with the first VPC.
topology::Topology two_groups() {
  topology::Topology t;
  t.firewall_domain_lists = {{"bad", "rslvr-fdl-bad", {"bad.test", "*.bad.test"}, ""},
                             {"good", "rslvr-fdl-good", {"good.bad.test"}, ""},
                             {"all", "rslvr-fdl-all", {"*"}, ""}};
  t.firewall_rule_groups = {
      {"late", "rslvr-frg-late", {rule(1, "rslvr-fdl-all", FirewallAction::Alert)}},
      {"early",
       "rslvr-frg-early",
       {rule(20, "rslvr-fdl-bad", FirewallAction::Block),
        rule(10, "rslvr-fdl-good", FirewallAction::Allow)}}};
  t.vpcs.resize(2);
  t.vpcs[0].id = "vpc-1";
  t.vpcs[0].firewall_rule_groups = {{"rslvr-frgassoc-1", "rslvr-frg-late", 9000},
                                    {"rslvr-frgassoc-2", "rslvr-frg-early", 101}};
  t.vpcs[1].id = "vpc-2";
  return t;
}

std::shared_ptr<const Firewall> build(const topology::Topology& topology, size_t vpc = 0) {
  const auto lists = load_firewall_lists(topology, kSeed);
  EXPECT_TRUE(lists) << lists.error().to_text();
  return lists ? Firewall::build(topology, topology.vpcs[vpc], *lists) : nullptr;
}

FirewallVerdict evaluate(const Firewall& firewall, std::string_view name, uint16_t qtype = 1,
                         ChainPosition hop = ChainPosition::Question) {
  zone::NameKey key;
  key.assign(dns::Name::parse_text(name)->view(), kSeed);
  return firewall.evaluate(key, qtype, hop);
}

/// Returns the fields of the query log.
std::string fields(std::string_view action, std::string_view group, std::string_view list) {
  return concat(R"(,"firewall_rule_action":")", action, R"(","firewall_rule_group_id":")", group,
                R"(","firewall_domain_list_id":")", list, '"');
}

TEST(Firewall, EvaluatesGroupsAndRulesInTheOrderOfTheirPriorities) {
  const auto firewall = build(two_groups());
  ASSERT_NE(firewall, nullptr);
  ASSERT_EQ(firewall->rules().size(), 3U);

  const FirewallVerdict blocked = evaluate(*firewall, "www.bad.test.");
  EXPECT_TRUE(blocked.blocks());
  EXPECT_FALSE(blocked.alerts());
  EXPECT_EQ(blocked.log_fields(), fields("BLOCK", "rslvr-frg-early", "rslvr-fdl-bad"));

  const FirewallVerdict allowed = evaluate(*firewall, "good.bad.test.");
  ASSERT_NE(allowed.rule, nullptr);
  EXPECT_EQ(allowed.rule->action, FirewallAction::Allow);
  EXPECT_FALSE(allowed.blocks());
  EXPECT_EQ(allowed.log_fields(), "");

  const FirewallVerdict alerted = evaluate(*firewall, "other.test.");
  EXPECT_TRUE(alerted.alerts());
  EXPECT_EQ(alerted.log_fields(), fields("ALERT", "rslvr-frg-late", "rslvr-fdl-all"));
}

TEST(Firewall, IsAbsentWithoutRules) {
  topology::Topology t = two_groups();
  EXPECT_EQ(build(t, 1), nullptr);
  for (auto& group : t.firewall_rule_groups) group.rules.clear();
  EXPECT_EQ(build(t, 0), nullptr);
}

TEST(Firewall, IsSilentWhenNoRuleMatches) {
  topology::Topology t = two_groups();
  t.vpcs[0].firewall_rule_groups.erase(t.vpcs[0].firewall_rule_groups.begin());
  const FirewallVerdict verdict = evaluate(*build(t), "other.test.");
  EXPECT_EQ(verdict.rule, nullptr);
  EXPECT_FALSE(verdict.blocks());
  EXPECT_FALSE(verdict.alerts());
  EXPECT_EQ(verdict.log_fields(), "");
}

TEST(Firewall, MatchesOnlyTheTypeOfARule) {
  topology::Topology t = two_groups();
  t.firewall_rule_groups[1].rules[0].qtype = "txt";
  t.firewall_rule_groups[1].rules[1].qtype = "TYPE65";
  const auto firewall = build(t);
  EXPECT_TRUE(evaluate(*firewall, "bad.test.", 16).blocks());
  EXPECT_TRUE(evaluate(*firewall, "bad.test.", 1).alerts());
  EXPECT_TRUE(evaluate(*firewall, "bad.test.", 255).alerts());  // ANY is a type of its own
  EXPECT_EQ(evaluate(*firewall, "good.bad.test.", 65).rule->action, FirewallAction::Allow);
  EXPECT_TRUE(evaluate(*firewall, "good.bad.test.", 16).blocks());
}

TEST(Firewall, DoesNotMatchRedirectionsOfARuleThatTrustsThem) {
  topology::Topology t = two_groups();
  t.firewall_rule_groups[1].rules[0].redirection = RedirectionAction::Trust;
  const auto firewall = build(t);
  EXPECT_TRUE(evaluate(*firewall, "bad.test.", 1, ChainPosition::Question).blocks());
  EXPECT_TRUE(evaluate(*firewall, "bad.test.", 1, ChainPosition::Redirection).alerts());
}

TEST(Firewall, PreparesTheCnameOfAnOverride) {
  topology::Topology t = two_groups();
  topology::FirewallRule& over = t.firewall_rule_groups[1].rules[0];
  over.block_response = BlockResponse::Override;
  over.block_override_domain = "Sinkhole.example.com";
  const auto answer_of = [](const topology::Topology& topology) {
    const auto firewall = build(topology);
    const FirewallRule& found = *evaluate(*firewall, "bad.test.").rule;
    const record::AnswerRRset answer = found.override_answer();
    EXPECT_EQ(answer.wire.type, 5);
    EXPECT_EQ(answer.wire.count, 1);
    EXPECT_EQ(answer.json, R"({"Rdata":"Sinkhole.example.com.","Type":"CNAME","Class":"IN"})");
    return std::vector<uint8_t>(answer.wire.records.begin(), answer.wire.records.end());
  };
  std::vector<uint8_t> expected = {0xC0, 0x0C, 0, 5, 0, 1, 0, 0, 0, 0, 0, 22, 8};
  for (const char c : std::string_view("Sinkhole\7example\3com")) {
    expected.push_back(static_cast<uint8_t>(c));
  }
  expected.push_back(0);
  EXPECT_EQ(answer_of(t), expected);
  over.block_override_ttl = 604800;
  expected[7] = 0x09;
  expected[8] = 0x3A;
  expected[9] = 0x80;
  EXPECT_EQ(answer_of(t), expected);
}

class FirewallFiles : public ::testing::Test {
 protected:
  FirewallFiles() {
    char name[] = "/tmp/inlet53-firewall-XXXXXX";
    folder = mkdtemp(name);
    t = two_groups();
    t.firewall_domain_lists[0].file = folder / "bad.txt";
  }
  ~FirewallFiles() override { std::filesystem::remove_all(folder); }

  void write(std::string_view text) { std::ofstream(folder / "bad.txt") << text; }

  std::filesystem::path folder;
  topology::Topology t;
};

TEST_F(FirewallFiles, LoadsDomainsOfBothKinds) {
  write("more.test\n");
  const auto firewall = build(t);
  EXPECT_TRUE(evaluate(*firewall, "more.test.").blocks());
  EXPECT_TRUE(evaluate(*firewall, "bad.test.").blocks());
}

TEST_F(FirewallFiles, RejectsUnreadableListsWhereAVpcFailsClosed) {
  const auto refused = load_firewall_lists(t, kSeed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().line, 0U);
  EXPECT_EQ(refused.error().to_text(),
            (folder / "bad.txt").string() + ": cannot read the file: No such file or directory");
  // The same when another VPC that uses the list fails open, and when no VPC uses it.
  t.vpcs[1].firewall_fail_open = true;
  t.vpcs[1].firewall_rule_groups = t.vpcs[0].firewall_rule_groups;
  EXPECT_FALSE(load_firewall_lists(t, kSeed));
  for (auto& vpc : t.vpcs) vpc.firewall_rule_groups.clear();
  EXPECT_FALSE(load_firewall_lists(t, kSeed));
}

TEST_F(FirewallFiles, LetsQueriesPassAtARuleWithoutItsListWhereAVpcFailsOpen) {
  t.vpcs[0].firewall_fail_open = true;
  const auto lists = load_firewall_lists(t, kSeed);
  ASSERT_TRUE(lists);
  ASSERT_EQ(lists->unreadable.size(), 1U);
  EXPECT_EQ(lists->unreadable[0].file, (folder / "bad.txt").string());
  const auto firewall = Firewall::build(t, t.vpcs[0], *lists);
  EXPECT_EQ(evaluate(*firewall, "good.bad.test.").rule->action, FirewallAction::Allow);
  EXPECT_EQ(evaluate(*firewall, "bad.test.").rule, nullptr);
  EXPECT_EQ(evaluate(*firewall, "other.test.").rule, nullptr);
  // A rule of another type is skipped.
  t.firewall_rule_groups[1].rules[0].qtype = "TXT";
  EXPECT_TRUE(evaluate(*Firewall::build(t, t.vpcs[0], *lists), "other.test.").alerts());
}

TEST_F(FirewallFiles, RejectsAWrongLineInEveryFailMode) {
  write("fine.test\nwr ong\n");
  t.vpcs[0].firewall_fail_open = true;
  const auto refused = load_firewall_lists(t, kSeed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().line, 2U);
}

}  // namespace
}  // namespace inlet53::resolver
