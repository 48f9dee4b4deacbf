// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "inlet53/dns/query_view.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::resolver {
namespace {

using topology::BlockResponse;
using topology::FirewallAction;
using topology::RedirectionAction;

constexpr zone::HashSeed kSeed = 53;

constexpr std::string_view kZone = R"($TTL 300
@        SOA a. b. 1 2 3 4 5
app      A     10.0.1.1
www      CNAME app
deep     CNAME www
out      CNAME www.example.com.
old      DNAME new
x.new    A     10.0.1.2
)";

/// A rule in the form of a test.
struct Rule {
  std::vector<std::string> domains;
  FirewallAction action;
  BlockResponse response = BlockResponse::NoData;
  RedirectionAction redirection = RedirectionAction::Inspect;
  std::string qtype = "";
};

constexpr auto kAllow = FirewallAction::Allow;
constexpr auto kAlert = FirewallAction::Alert;
constexpr auto kBlock = FirewallAction::Block;
constexpr auto kInspect = RedirectionAction::Inspect;
constexpr auto kTrust = RedirectionAction::Trust;

/// Returns the firewall of these rules, in this order; rule i has the list `rslvr-fdl-i`.
std::shared_ptr<const Firewall> firewall_of(const std::vector<Rule>& rules) {
  topology::Topology t;
  t.firewall_rule_groups = {{"g", "rslvr-frg-1", {}}};
  for (size_t i = 0; i < rules.size(); ++i) {
    const std::string id = "rslvr-fdl-" + std::to_string(i);
    t.firewall_domain_lists.push_back({id, id, rules[i].domains, ""});
    topology::FirewallRule rule;
    rule.priority = static_cast<uint32_t>(i);
    rule.domain_list = id;
    rule.action = rules[i].action;
    rule.qtype = rules[i].qtype;
    rule.redirection = rules[i].redirection;
    if (rule.action == kBlock) rule.block_response = rules[i].response;
    if (rules[i].response == BlockResponse::Override) rule.block_override_domain = "sink.test";
    t.firewall_rule_groups[0].rules.push_back(rule);
  }
  t.vpcs.resize(1);
  t.vpcs[0].firewall_rule_groups = {{"rslvr-frgassoc-1", "rslvr-frg-1", 100}};
  return Firewall::build(t, t.vpcs[0], load_firewall_lists(t, kSeed).value());
}

class DecisionFirewall : public ::testing::Test {
 protected:
  DecisionFirewall() {
    const auto apex = *dns::Name::parse_text("corp.test.");
    const auto data = zone::load_zone_text(kZone, "test.zone", apex.view());
    address.zones = std::make_shared<const zone::ZoneIndex>(
        std::vector<zone::ZoneIndex::Entry>{
            {zone::ZoneKind::HostedZone, zone::ZoneTable::build(data->data, kSeed, {})}},
        kSeed);
  }

  /// Returns the response and the logged rule: `NOERROR www.corp.test. CNAME, app.corp.test. A
  /// [ALERT 0]`.
  std::string ask(std::string_view qname, uint16_t qtype = 1) {
    name = *dns::Name::parse_text(qname);
    query.qname = name.view();
    query.qtype = qtype;
    query.qclass = 1;
    key.assign(query.qname, kSeed);
    decision = decide({key, query.qname, query.qtype, query.qclass}, {address}, room);
    std::string out(dns::rcode_text(decision.rcode));
    for (size_t i = 0; i < decision.answers().size(); ++i) {
      out += i == 0 ? " " : ", ";
      out += decision.answer_owner(i).to_text() + " " +
             dns::type_text(decision.answers()[i].wire.type);
    }
    if (decision.ede() == dns::Ede::Blocked) out += " blocked";
    if (decision.authority() != nullptr) out += " SOA";
    const std::string fields(decision.firewall.log_fields());
    if (!fields.empty()) out += " [" + fields.substr(25, 5) + " " + fields[fields.size() - 2] + "]";
    return out;
  }

  EndpointAddress address;
  dns::Name name;
  dns::QueryView query;
  zone::NameKey key;
  Workspace room;
  Decision decision{room};
};

TEST_F(DecisionFirewall, AnswersTheQuestionWithTheResponseOfTheRule) {
  const struct {
    BlockResponse response;
    const char* expected;
  } kCases[] = {
      {BlockResponse::NoData, "NOERROR blocked [BLOCK 0]"},
      {BlockResponse::NXDomain, "NXDOMAIN blocked [BLOCK 0]"},
      {BlockResponse::Override, "NOERROR app.corp.test. CNAME blocked [BLOCK 0]"},
  };
  for (const auto& each : kCases) {
    address.firewall = firewall_of({{{"app.corp.test"}, kBlock, each.response}});
    EXPECT_EQ(ask("app.corp.test."), each.expected);
    EXPECT_EQ(ask("app.corp.test.", 28), each.expected);
    EXPECT_EQ(ask("new.corp.test."), "NOERROR SOA");  // the trust does not affect the next query
  }
}

TEST_F(DecisionFirewall, PrecedesZonesAndFollowsRefusals) {
  address.firewall = firewall_of({{{"*"}, kBlock, BlockResponse::NXDomain}});
  EXPECT_EQ(ask("app.corp.test."), "NXDOMAIN blocked [BLOCK 0]");
  EXPECT_EQ(ask("www.example.com."), "NXDOMAIN blocked [BLOCK 0]");  // nothing here covers the name
  EXPECT_EQ(ask("corp.test.", 252), "REFUSED");                      // AXFR
}

TEST_F(DecisionFirewall, PassesAllowedAndAlertedNames) {
  address.firewall =
      firewall_of({{{"app.corp.test"}, kAllow}, {{"*.corp.test"}, kAlert}, {{"*"}, kBlock}});
  EXPECT_EQ(ask("app.corp.test."), "NOERROR app.corp.test. A");
  EXPECT_EQ(ask("x.new.corp.test."), "NOERROR x.new.corp.test. A [ALERT 1]");
  EXPECT_EQ(ask("none.corp.test."), "NXDOMAIN SOA [ALERT 1]");
  EXPECT_EQ(ask("corp.test."), "NOERROR blocked [BLOCK 2]");
}

TEST_F(DecisionFirewall, EvaluatesEveryNameOfAChain) {
  address.firewall = firewall_of({{{"app.corp.test"}, kBlock, BlockResponse::Override}});
  // The decision ends with the question, without the records of the chain.
  EXPECT_EQ(ask("deep.corp.test."), "NOERROR deep.corp.test. CNAME blocked [BLOCK 0]");
  EXPECT_EQ(ask("deep.corp.test.", 5),
            "NOERROR deep.corp.test. CNAME");  // the alias is not followed
  address.firewall = firewall_of({{{"x.new.corp.test"}, kBlock, BlockResponse::NXDomain}});
  EXPECT_EQ(ask("x.old.corp.test."), "NXDOMAIN blocked [BLOCK 0]");  // through a DNAME
  address.firewall = firewall_of({{{"www.example.com"}, kBlock}});
  EXPECT_EQ(ask("out.corp.test."), "NOERROR blocked [BLOCK 0]");  // the name is not served here
}

TEST_F(DecisionFirewall, NeedsEveryNameOfAChainAllowed) {
  address.firewall = firewall_of({{{"deep.corp.test", "www.corp.test"}, kAllow}, {{"*"}, kBlock}});
  EXPECT_EQ(ask("deep.corp.test."), "NOERROR blocked [BLOCK 1]");
  address.firewall = firewall_of(
      {{{"deep.corp.test", "www.corp.test", "app.corp.test"}, kAllow}, {{"*"}, kBlock}});
  EXPECT_EQ(ask("deep.corp.test."),
            "NOERROR deep.corp.test. CNAME, www.corp.test. CNAME, app.corp.test. A");
}

TEST_F(DecisionFirewall, TrustsTheChainOfAQuestionThatSuchARuleMatched) {
  address.firewall =
      firewall_of({{{"deep.corp.test"}, kAllow, BlockResponse::NoData, kTrust}, {{"*"}, kBlock}});
  EXPECT_EQ(ask("deep.corp.test."),
            "NOERROR deep.corp.test. CNAME, www.corp.test. CNAME, app.corp.test. A");
  EXPECT_EQ(ask("www.corp.test."), "NOERROR blocked [BLOCK 1]");
  // Trust belongs to the question: the next query is evaluated from the start.
  EXPECT_EQ(ask("deep.corp.test."),
            "NOERROR deep.corp.test. CNAME, www.corp.test. CNAME, app.corp.test. A");
  // An allowed name in the middle of a chain gives no trust.
  address.firewall = firewall_of({{{"deep.corp.test"}, kAllow},
                                  {{"www.corp.test"}, kAllow, BlockResponse::NoData, kTrust},
                                  {{"*"}, kBlock}});
  EXPECT_EQ(ask("deep.corp.test."), "NOERROR blocked [BLOCK 2]");
}

TEST_F(DecisionFirewall, DoesNotApplyARuleThatTrustsToTheNamesThatFollow) {
  address.firewall = firewall_of({{{"app.corp.test"}, kBlock, BlockResponse::NoData, kTrust}});
  EXPECT_EQ(ask("www.corp.test."), "NOERROR www.corp.test. CNAME, app.corp.test. A");
  EXPECT_EQ(ask("app.corp.test."), "NOERROR blocked [BLOCK 0]");
}

TEST_F(DecisionFirewall, LogsTheBlockElseTheFirstAlertOfAChain) {
  address.firewall = firewall_of(
      {{{"deep.corp.test"}, kAlert}, {{"www.corp.test"}, kAlert}, {{"app.corp.test"}, kAllow}});
  EXPECT_EQ(ask("deep.corp.test."),
            "NOERROR deep.corp.test. CNAME, www.corp.test. CNAME, app.corp.test. A [ALERT 0]");
  EXPECT_EQ(ask("www.corp.test."), "NOERROR www.corp.test. CNAME, app.corp.test. A [ALERT 1]");
  address.firewall = firewall_of({{{"deep.corp.test"}, kAlert}, {{"app.corp.test"}, kBlock}});
  EXPECT_EQ(ask("deep.corp.test."), "NOERROR blocked [BLOCK 1]");
}

TEST_F(DecisionFirewall, MatchesTheTypeOfTheQuestionForEveryName) {
  address.firewall =
      firewall_of({{{"app.corp.test"}, kBlock, BlockResponse::NoData, kInspect, "AAAA"}});
  EXPECT_EQ(ask("www.corp.test."), "NOERROR www.corp.test. CNAME, app.corp.test. A");
  EXPECT_EQ(ask("www.corp.test.", 28), "NOERROR blocked [BLOCK 0]");
}

TEST_F(DecisionFirewall, AnswersBlockedNamesWithoutAuthority) {
  address.delegation = true;
  address.firewall = firewall_of({{{"app.corp.test"}, kBlock, BlockResponse::NXDomain}});
  EXPECT_EQ(ask("app.corp.test."), "NXDOMAIN blocked [BLOCK 0]");
  EXPECT_FALSE(decision.authoritative);
  EXPECT_EQ(ask("x.new.corp.test."), "NOERROR x.new.corp.test. A");
  EXPECT_TRUE(decision.authoritative);
}

}  // namespace
}  // namespace inlet53::resolver
