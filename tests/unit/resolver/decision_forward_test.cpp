// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/dns/query_view.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::resolver {
namespace {

constexpr zone::HashSeed kSeed = 53;
constexpr uint64_t kNow = 1'000'000;

std::shared_ptr<const zone::ZoneTable> table(std::string_view text, std::string_view apex) {
  const auto name = dns::Name::parse_text(apex);
  const auto data = zone::load_zone_text(text, "test.zone", name->view());
  EXPECT_TRUE(data) << (data ? "" : data.error().front().to_text());
  return zone::ZoneTable::build(data->data, kSeed, {});
}

constexpr std::string_view kCorp = R"($TTL 300
@    SOA a. b. 1 2 3 4 5
app  A   10.0.1.1
out  CNAME www.partner.test.
loop CNAME back.partner.test.
)";
constexpr std::string_view kInner = R"($TTL 300
@    SOA a. b. 1 2 3 4 5
app  A   10.0.2.1
)";

/// One record in prepared form.
std::vector<uint8_t> record(dns::RRType type, uint32_t ttl, const std::vector<uint8_t>& rdata) {
  std::vector<uint8_t> out(dns::PreparedRecord::kHead + rdata.size());
  store_be16(out.data(), 0xC00C);
  store_be16(&out[2], static_cast<uint16_t>(type));
  store_be16(&out[4], 1);
  store_be32(&out[6], ttl);
  store_be16(&out[10], static_cast<uint16_t>(rdata.size()));
  std::copy(rdata.begin(), rdata.end(), out.begin() + dns::PreparedRecord::kHead);
  return out;
}

/// The response of a target: CNAMEs from name to name, then optionally an address.
struct Said {
  std::vector<dns::Name> names;  // the question's name, then the target of each alias
  std::vector<std::vector<uint8_t>> records;
  std::vector<cache::CachedRRset> rrsets;
  cache::ReceivedResponse response;

  Said(const std::vector<std::string>& chain, bool with_address, uint32_t ttl = 60) {
    for (const std::string& name : chain) names.push_back(*dns::Name::parse_text(name));
    for (size_t i = 1; i < names.size(); ++i) {
      const Bytes target = names[i].view().bytes();
      records.push_back(record(dns::RRType::CNAME, ttl, {target.begin(), target.end()}));
    }
    if (with_address) records.push_back(record(dns::RRType::A, ttl, {192, 0, 2, 1}));
    for (size_t i = 0; i < records.size(); ++i) {
      const bool alias = i + 1 < names.size();
      const auto type = alias ? dns::RRType::CNAME : dns::RRType::A;
      rrsets.push_back({names[i].view(), {static_cast<uint16_t>(type), 1, records[i]}, "json"});
    }
    response.answers = rrsets;
  }
};

class DecisionForward : public ::testing::Test {
 protected:
  DecisionForward() {
    address.zones = std::make_shared<const zone::ZoneIndex>(
        std::vector<zone::ZoneIndex::Entry>{
            {zone::ZoneKind::HostedZone, table(kCorp, "corp.test.")},
            {zone::ZoneKind::HostedZone, table(kInner, "inner.partner.test.")},
            {zone::ZoneKind::HostedZone, table(kInner, "same.test.")}},
        kSeed);
    const auto rule = [](std::string_view apex, uint32_t forward) {
      return RuleIndex::Entry{*dns::Name::parse_text(apex), forward, forward + 40};
    };
    address.rules = std::make_shared<const RuleIndex>(
        std::vector<RuleIndex::Entry>{rule("partner.test.", 0), rule("same.test.", 1),
                                      rule("sys.partner.test.", RuleIndex::kSystem)});
  }

  const Decision& ask(std::string_view qname, dns::RRType qtype = dns::RRType::A) {
    name = *dns::Name::parse_text(qname);
    query.qname = name.view();
    query.qtype = static_cast<uint16_t>(qtype);
    query.qclass = 1;
    key.assign(query.qname, kSeed);
    *decision = decide({key, query.qname, query.qtype, query.qclass}, sources, room);
    return *decision;
  }

  void keep(const ForwardQuestion& question, const cache::ReceivedResponse& response) {
    cache.insert({question.qname, question.qtype, question.scope, question.hash}, response,
                 sources.now_ms);
  }

  /// Decides until no question is left, or a question has no response in `said`.
  const Decision& ask_with(std::string_view qname, const Said& said) {
    const Decision& first = ask(qname);
    EXPECT_EQ(first.fetch_for, FetchFor::Answer);
    keep(*first.question(), said.response);
    return ask(qname);
  }

  EndpointAddress address;
  cache::Cache cache{{}};
  Sources sources{address, &cache, kNow};
  zone::NameKey key;
  Workspace room;
  std::unique_ptr<Decision> decision = std::make_unique<Decision>(room);
  dns::Name name;
  dns::QueryView query;
};

TEST_F(DecisionForward, QueriesTheTargetsOfTheMostSpecificRule) {
  ASSERT_EQ(ask("WWW.partner.test.").fetch_for, FetchFor::Answer);
  EXPECT_EQ(decision->question()->rule, 0U);
  EXPECT_EQ(decision->question()->scope, 40U);
  EXPECT_EQ(decision->question()->qname.to_text(), "www.partner.test.");
  EXPECT_EQ(decision->question()->qtype, 1U);
  EXPECT_NE(ask("app.corp.test.").fetch_for, FetchFor::Answer);
  EXPECT_EQ(decision->answers().size(), 1U);
}

TEST_F(DecisionForward, AMoreSpecificZonePrecedesARuleAndARulePrecedesTheSameZone) {
  EXPECT_NE(ask("app.inner.partner.test.").fetch_for, FetchFor::Answer);
  EXPECT_EQ(decision->answers().size(), 1U);
  ASSERT_EQ(ask("app.same.test.").fetch_for, FetchFor::Answer);
  EXPECT_EQ(decision->question()->rule, 1U);
}

TEST_F(DecisionForward, ASystemRuleLeavesItsNamesToTheZones) {
  EXPECT_NE(ask("x.sys.partner.test.").fetch_for, FetchFor::Answer);
  EXPECT_EQ(decision->rcode, dns::Rcode::Refused);
}

TEST_F(DecisionForward, AnswersFromTheCacheWithAgedTtls) {
  ask_with("www.partner.test.", Said({"www.partner.test."}, true));
  sources.now_ms = kNow + 25'000;
  ask("www.partner.test.");
  EXPECT_NE(decision->fetch_for, FetchFor::Answer);
  EXPECT_TRUE(decision->from_cache);
  ASSERT_EQ(decision->answers().size(), 1U);
  EXPECT_EQ(decision->answer_age(0).aged(60), 35U);
  EXPECT_EQ(decision->answers()[0].json, "json");
}

TEST_F(DecisionForward, ContinuesFromAZoneToARuleAndBack) {
  ask_with("out.corp.test.", Said({"www.partner.test.", "app.corp.test."}, false));
  EXPECT_NE(decision->fetch_for, FetchFor::Answer);
  ASSERT_EQ(decision->answers().size(), 3U);
  EXPECT_EQ(decision->answer_owner(1).to_text(), "www.partner.test.");
  EXPECT_EQ(decision->answer_owner(2).to_text(), "app.corp.test.");
  EXPECT_EQ(decision->answer_age(2).aged(300), 300U);
}

// One workspace serves several decisions.
TEST_F(DecisionForward, TheSoaOfAZoneIsNotAgedByAnEarlierQuery) {
  room.authority_age = {.age = 200};
  ask_with("www.partner.test.", Said({"www.partner.test.", "none.corp.test."}, false));
  EXPECT_EQ(decision->rcode, dns::Rcode::NXDomain);
  ASSERT_NE(decision->authority(), nullptr);
  EXPECT_EQ(decision->authority_age().aged(300), 300U);
}

TEST_F(DecisionForward, QueriesAgainWhenTargetsReturnOnlyAnAlias) {
  ask_with("www.partner.test.", Said({"www.partner.test.", "other.same.test."}, false));
  ASSERT_EQ(decision->fetch_for, FetchFor::Answer);
  EXPECT_EQ(decision->question()->rule, 1U);
  EXPECT_EQ(decision->question()->qname.to_text(), "other.same.test.");
}

TEST_F(DecisionForward, ALoopOverZoneAndRuleEnds) {
  ask_with("loop.corp.test.", Said({"back.partner.test.", "loop.corp.test."}, false));
  EXPECT_EQ(decision->rcode, dns::Rcode::ServFail);
  EXPECT_EQ(decision->answers().size(), 0U);
}

TEST_F(DecisionForward, UsesResponsesThatTheCacheDidNotStore) {
  const Said said({"www.partner.test."}, true, 0);
  ask("www.partner.test.");
  dns::Name asked(decision->question()->qname);
  ReceivedAnswer received{*decision->question(), said.response};
  received.question.qname = asked.view();
  sources.received = {&received, 1};
  ask("www.partner.test.");
  EXPECT_NE(decision->fetch_for, FetchFor::Answer);
  EXPECT_FALSE(decision->from_cache);
  ASSERT_EQ(decision->answers().size(), 1U);
  EXPECT_EQ(decision->answer_owner(0).data(), query.qname.data());
}

TEST_F(DecisionForward, AFailureIsRememberedForAWhile) {
  ask("www.partner.test.");
  cache::ReceivedResponse failure;
  failure.rcode = dns::Rcode::ServFail;
  failure.ede = dns::ExtendedError{dns::Ede::NoReachableAuthority, "silent"};
  keep(*decision->question(), failure);
  EXPECT_NE(ask("www.partner.test.").fetch_for, FetchFor::Answer);
  EXPECT_EQ(decision->rcode, dns::Rcode::ServFail);
  EXPECT_EQ(decision->ede(), (dns::ExtendedError{dns::Ede::NoReachableAuthority, "silent"}));
  sources.now_ms = kNow + 6'000;
  EXPECT_EQ(ask("www.partner.test.").fetch_for, FetchFor::Answer);
}

TEST_F(DecisionForward, AStaleAnswerIsUsedAfterAFailure) {
  ask("www.partner.test.");
  const ForwardQuestion asked = *decision->question();
  ask_with("www.partner.test.", Said({"www.partner.test."}, true));
  sources.now_ms = kNow + 3'600'000;
  const FailedQuestion others[] = {{asked.rule, asked.hash + 1}, {asked.rule + 1, asked.hash}};
  sources.failed = others;
  EXPECT_EQ(ask("www.partner.test.").fetch_for, FetchFor::Answer);
  const FailedQuestion failed{asked.rule, asked.hash};
  sources.failed = {&failed, 1};
  EXPECT_NE(ask("www.partner.test.").fetch_for, FetchFor::Answer);
  ASSERT_EQ(decision->answers().size(), 1U);
  EXPECT_EQ(decision->answer_age(0).aged(60), 30U);
  EXPECT_EQ(decision->ede(), dns::Ede::StaleAnswer);
}

TEST_F(DecisionForward, PopularAnswersAreRefreshedBeforeTheyExpire) {
  ask_with("www.partner.test.", Said({"www.partner.test."}, true));
  for (int i = 0; i < 10; ++i) EXPECT_NE(ask("www.partner.test.").fetch_for, FetchFor::Refresh);
  sources.now_ms = kNow + 58'000;
  ask("www.partner.test.");
  EXPECT_NE(decision->fetch_for, FetchFor::Answer);
  ASSERT_EQ(decision->fetch_for, FetchFor::Refresh);
  EXPECT_EQ(decision->question()->qname.to_text(), "www.partner.test.");
  EXPECT_NE(ask("www.partner.test.").fetch_for, FetchFor::Refresh);
}

TEST_F(DecisionForward, FirewallEvaluatesEveryNameThatTargetsReturn) {
  const Said said({"www.partner.test.", "a.partner.test.", "b.partner.test."}, true);
  ask_with("www.partner.test.", said);
  ASSERT_EQ(decision->answers().size(), 3U);

  topology::Topology t;
  t.firewall_domain_lists = {{"l", "rslvr-fdl-1", {"a.partner.test"}, ""}};
  topology::FirewallRule rule;
  rule.domain_list = "rslvr-fdl-1";
  rule.action = topology::FirewallAction::Block;
  rule.block_response = topology::BlockResponse::NXDomain;
  t.firewall_rule_groups = {{"g", "rslvr-frg-1", {rule}}};
  t.vpcs.resize(1);
  t.vpcs[0].firewall_rule_groups = {{"rslvr-frgassoc-1", "rslvr-frg-1", 100}};
  address.firewall = Firewall::build(t, t.vpcs[0], load_firewall_lists(t, kSeed).value());
  ask("www.partner.test.");
  EXPECT_EQ(decision->rcode, dns::Rcode::NXDomain);
  EXPECT_EQ(decision->answers().size(), 0U);

  // The response is that of the rule, whatever rcode and TTLs the target sent.
  Said denied({"denied.partner.test.", "a.partner.test."}, false);
  denied.response.rcode = dns::Rcode::NXDomain;
  t.firewall_rule_groups[0].rules[0].block_response = topology::BlockResponse::NoData;
  address.firewall = Firewall::build(t, t.vpcs[0], load_firewall_lists(t, kSeed).value());
  ask("denied.partner.test.");
  const dns::Name asked(decision->question()->qname);
  ReceivedAnswer received{*decision->question(), denied.response};
  received.question.qname = asked.view();
  sources.received = {&received, 1};
  ask("denied.partner.test.");
  EXPECT_EQ(decision->rcode, dns::Rcode::NoError);
  EXPECT_EQ(decision->ede(), dns::Ede::Blocked);
  EXPECT_EQ(decision->answers().size(), 0U);
}

// The target of a rule may not know the local zones, or may lie about them.
TEST_F(DecisionForward, TargetsHaveNoAuthorityOverOtherNames) {
  ask_with("www.partner.test.", Said({"www.partner.test.", "app.inner.partner.test."}, true));
  EXPECT_NE(decision->fetch_for, FetchFor::Answer);
  ASSERT_EQ(decision->answers().size(), 2U);
  EXPECT_EQ(decision->answers()[1].wire.records.back(), 1U);
  EXPECT_EQ(decision->answers()[1].wire.records[dns::PreparedRecord::kHead], 10U)
      << "the zone's 10.0.2.1";

  const auto ask_with_denial = [&](std::string_view qname, std::string alias) {
    Said denied({std::string(qname), std::move(alias)}, false);
    denied.response.rcode = dns::Rcode::NXDomain;
    ask(qname);
    const dns::Name asked(decision->question()->qname);
    ReceivedAnswer received{*decision->question(), denied.response};
    received.question.qname = asked.view();
    sources.received = {&received, 1};
    ask(qname);
    sources.received = {};
  };
  ask_with_denial("www2.partner.test.", "app.inner.partner.test.");
  EXPECT_EQ(decision->rcode, dns::Rcode::NoError);
  EXPECT_EQ(decision->answers().size(), 2U);

  ask_with_denial("www3.partner.test.", "x.same.test.");
  EXPECT_EQ(decision->fetch_for, FetchFor::Answer) << "another rule's targets know";
  EXPECT_EQ(decision->question()->rule, 1U);

  ask_with_denial("www4.partner.test.", "x.partner.test.");
  EXPECT_EQ(decision->rcode, dns::Rcode::NXDomain) << "of its own names it is";
}

}  // namespace
}  // namespace inlet53::resolver
