// SPDX-License-Identifier: Apache-2.0

// Tests the reasons of decisions without a worker, a socket or a clock.
#include <gtest/gtest.h>

#include "inlet53/resolver/decision.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::resolver {
namespace {

using What = Reason::What;

constexpr zone::HashSeed kSeed = 53;
constexpr uint64_t kNow = 1'000'000;

constexpr std::string_view kCorp = R"($TTL 300
@    SOA a. b. 1 2 3 4 5
app  A 10.0.1.1
www  CNAME app
out  CNAME host.partner.test.
one  CNAME two
two  CNAME one
)";

class DecisionReasons : public ::testing::Test {
 protected:
  DecisionReasons() {
    const auto apex = dns::Name::parse_text("corp.internal.");
    const auto data = zone::load_zone_text(kCorp, "test.zone", apex->view());
    EXPECT_TRUE(data);
    address.zones = std::make_shared<const zone::ZoneIndex>(
        std::vector<zone::ZoneIndex::Entry>{
            {zone::ZoneKind::HostedZone, zone::ZoneTable::build(data->data, kSeed, {})}},
        kSeed);
    address.udp_sources = CidrSet({*Cidr::parse("10.0.0.0/8")});
    address.rules = std::make_shared<const RuleIndex>(
        std::vector<RuleIndex::Entry>{{*dns::Name::parse_text("partner.test."), 3, 40}});
  }

  /// Returns the steps and the result: `SecurityGroup yes app.corp.internal., …`.
  std::string explain_name(std::string_view qname, std::string_view client = "10.1.2.3") {
    const dns::Name name = *dns::Name::parse_text(qname);
    key.assign(name.view(), kSeed);
    const Question question{key, name.view(), 1, 1};
    const Sources sources{address, &cache, kNow};
    std::vector<Reason> reasons;
    const Decision explained = explain(*IpAddress::parse(client), question, sources, room, reasons);
    std::string out;
    for (const Reason& each : reasons) out += text_of(each) + "; ";
    out += std::string(dns::rcode_text(explained.rcode));
    // The decision is the same without reasons.
    const auto answers = explained.answers().size();
    const auto fetch_for = explained.fetch_for;
    const dns::Rcode rcode = explained.rcode;
    const Decision decided = decide(question, sources, room);
    EXPECT_EQ(decided.rcode, rcode);
    EXPECT_EQ(decided.answers().size(), answers);
    EXPECT_EQ(decided.fetch_for, fetch_for);
    return out;
  }

  static std::string text_of(const Reason& reason) {
    const std::string name = " " + reason.name.view().to_text();
    switch (reason.what) {
      case What::SecurityGroup:
        return reason.holds ? "admitted" : "not admitted";
      case What::FirewallRule:
        return (reason.holds ? "blocked" : "matched") + name;
      case What::FirewallPassed:
        return "passed" + name;
      case What::ForwardRule:
        return "rule " + std::to_string(reason.rule) + name;
      case What::Zone:
        return "zone " + reason.apex.view().to_text() + name;
      case What::NotCovered:
        return "not covered" + name;
      case What::Received:
        return "received" + name;
      case What::Cached:
        return (reason.holds ? "cached" : "stale") + name;
      case What::Missed:
        return "missed" + name;
      case What::RefusedKind:
        return "refused kind" + name;
      case What::ChainTooLong:
        return "too long" + name;
    }
    return "?";
  }

  EndpointAddress address;
  cache::Cache cache{{}};
  zone::NameKey key;
  Workspace room;
};

TEST_F(DecisionReasons, NamesTheZoneOfEachNameOfAChain) {
  EXPECT_EQ(explain_name("WWW.corp.internal."),
            "admitted; zone corp.internal. www.corp.internal.; "
            "zone corp.internal. app.corp.internal.; NOERROR");
  EXPECT_EQ(explain_name("none.corp.internal.", "192.0.2.1"),
            "not admitted; zone corp.internal. none.corp.internal.; NXDOMAIN");
}

TEST_F(DecisionReasons, ReportsThatNothingCoversAName) {
  EXPECT_EQ(explain_name("www.example.com."), "admitted; not covered www.example.com.; REFUSED");
}

TEST_F(DecisionReasons, NamesTheRuleAndTheCachedAnswer) {
  EXPECT_EQ(explain_name("out.corp.internal."),
            "admitted; zone corp.internal. out.corp.internal.; rule 3 host.partner.test.; "
            "missed host.partner.test.; NOERROR");
  const dns::Name host = *dns::Name::parse_text("host.partner.test.");
  zone::NameKey of_host;
  of_host.assign(host.view(), kSeed);
  cache::ReceivedResponse failure;
  failure.rcode = dns::Rcode::ServFail;
  cache.insert({host.view(), 1, 40, of_host.hash(0, of_host.label_count())}, failure, kNow);
  EXPECT_EQ(explain_name("host.partner.test."),
            "admitted; rule 3 host.partner.test.; cached host.partner.test.; SERVFAIL");
}

TEST_F(DecisionReasons, NamesTheFirewallRuleThatBlocks) {
  DomainSet::Builder domains;
  domains.add(*topology::parse_firewall_domain("app.corp.internal"));
  FirewallRule rule;
  rule.domains = domains.build(kSeed);
  address.firewall = std::make_shared<const Firewall>(std::vector<FirewallRule>{rule});
  EXPECT_EQ(explain_name("www.corp.internal."),
            "admitted; passed www.corp.internal.; zone corp.internal. www.corp.internal.; "
            "blocked app.corp.internal.; NOERROR");
}

TEST_F(DecisionReasons, ReportsWhereAChainIsTooLong) {
  const std::string said = explain_name("one.corp.internal.");
  EXPECT_NE(said.find("; too long "), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with("SERVFAIL")) << said;
}

}  // namespace
}  // namespace inlet53::resolver
