// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/decision.h"

#include <memory>

#include <gtest/gtest.h>

#include "inlet53/dns/query_view.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::resolver {
namespace {

constexpr zone::HashSeed kSeed = 53;

std::shared_ptr<const zone::ZoneTable> table(std::string_view text, std::string_view apex) {
  const auto name = dns::Name::parse_text(apex);
  const auto data = zone::load_zone_text(text, "test.zone", name->view());
  EXPECT_TRUE(data) << (data ? "" : data.error().front().to_text());
  return zone::ZoneTable::build(data->data, kSeed, {});
}

constexpr std::string_view kCorp = R"($TTL 300
@        SOA ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400
@        NS  ns-1536.awsdns-00.co.uk.
app      A   10.0.1.1
www      CNAME app
far      CNAME host.partner.test.
out      CNAME www.example.com.
gone     CNAME missing
first    CNAME second
second   CNAME first
old      DNAME new
x.new    A   10.0.1.2
sub      NS  ns.sub
sub      NS  ns.elsewhere.test.
ns.sub   A   10.0.2.1
ns.sub   AAAA fd00::2
)";

constexpr std::string_view kPartner = R"($TTL 60
@     SOA a. b. 1 2 3 4 5
host  A 10.9.9.9
)";

class DecisionTest : public ::testing::Test {
 protected:
  DecisionTest() {
    address.zones = std::make_shared<const zone::ZoneIndex>(
        std::vector<zone::ZoneIndex::Entry>{
            {zone::ZoneKind::HostedZone, table(kCorp, "corp.internal.")},
            {zone::ZoneKind::HostedZone, table(kPartner, "partner.test.")}},
        kSeed);
  }

  const Decision& ask(std::string_view qname, dns::RRType qtype = dns::RRType::A,
                      dns::RRClass qclass = dns::RRClass::IN) {
    name = *dns::Name::parse_text(qname);
    query.qname = name.view();
    query.qtype = static_cast<uint16_t>(qtype);
    query.qclass = static_cast<uint16_t>(qclass);
    key.assign(query.qname, kSeed);
    decision = decide({key, query.qname, query.qtype, query.qclass}, {address}, room);
    return decision;
  }

  std::vector<std::string> chain() const {
    std::vector<std::string> out;
    for (size_t i = 0; i < decision.answers().size(); ++i) {
      out.push_back(decision.answer_owner(i).to_text() + " " +
                    dns::type_text(decision.answers()[i].wire.type));
    }
    return out;
  }

  EndpointAddress address;
  dns::Name name;
  dns::QueryView query;
  zone::NameKey key;
  Workspace room;
  Decision decision{room};
};

using Chain = std::vector<std::string>;

TEST_F(DecisionTest, AnswersWithTheFlagsOfTheVpcResolver) {
  ask("APP.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::NoError);
  EXPECT_EQ(chain(), Chain({"APP.corp.internal. A"}));
  EXPECT_TRUE(decision.recursion_available);
  EXPECT_FALSE(decision.authoritative);
  EXPECT_EQ(decision.authority(), nullptr);
}

TEST_F(DecisionTest, FollowsAliasesInsideAndAcrossZones) {
  ask("www.corp.internal.");
  EXPECT_EQ(chain(), Chain({"www.corp.internal. CNAME", "app.corp.internal. A"}));
  ask("far.corp.internal.");
  EXPECT_EQ(chain(), Chain({"far.corp.internal. CNAME", "host.partner.test. A"}));
}

TEST_F(DecisionTest, EndsAChainThatLeavesTheServedNames) {
  ask("out.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::NoError);
  EXPECT_EQ(chain(), Chain({"out.corp.internal. CNAME"}));
  EXPECT_FALSE(decision.ede());
}

TEST_F(DecisionTest, AChainHasTheRcodeOfItsLastName) {
  ask("gone.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::NXDomain);
  EXPECT_EQ(chain(), Chain({"gone.corp.internal. CNAME"}));
  ASSERT_NE(decision.authority(), nullptr);
  EXPECT_EQ(decision.authority()->owner.to_text(), "corp.internal.");
  EXPECT_EQ(decision.authority()->rrset.wire.type, 6);

  ask("www.corp.internal.", dns::RRType::MX);
  EXPECT_EQ(decision.rcode, dns::Rcode::NoError);
  EXPECT_EQ(chain(), Chain({"www.corp.internal. CNAME"}));
  EXPECT_NE(decision.authority(), nullptr);
}

TEST_F(DecisionTest, TreatsALongChainAsALoop) {
  ask("first.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::ServFail);
  EXPECT_EQ(decision.answers().size(), 0U);
  EXPECT_TRUE(decision.ede());
  ask("first.corp.internal.", dns::RRType::CNAME);
  EXPECT_EQ(decision.rcode, dns::Rcode::NoError);
  EXPECT_EQ(decision.answers().size(), 1U);
}

TEST_F(DecisionTest, MakesAliasesFromDname) {
  ask("x.old.corp.internal.");
  EXPECT_EQ(chain(), Chain({"old.corp.internal. DNAME", "x.old.corp.internal. CNAME",
                            "x.new.corp.internal. A"}));
  const std::string prefix = std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                             std::string(60, 'c') + "." + std::string(44, 'd');
  ask(prefix + ".old.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::NXDomain);  // the same size: still a valid name
  ask("a." + prefix + ".old.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::NXDomain);
}

TEST_F(DecisionTest, RefusesOtherNames) {
  ask("www.example.com.");
  EXPECT_EQ(decision.rcode, dns::Rcode::Refused);
  EXPECT_EQ(decision.ede(), dns::Ede::NotAuthoritative);
  for (const dns::RRType type : {dns::RRType::AXFR, dns::RRType::IXFR, dns::RRType::MAILA}) {
    ask("corp.internal.", type);
    EXPECT_EQ(decision.rcode, dns::Rcode::Refused);
    EXPECT_EQ(decision.answers().size(), 0U);
  }
  ask("version.bind.", dns::RRType::TXT, dns::RRClass::CH);
  EXPECT_EQ(decision.rcode, dns::Rcode::Refused);
  ask("app.corp.internal.", dns::RRType::A, dns::RRClass::ANY);
  EXPECT_EQ(decision.rcode, dns::Rcode::Refused);
}

TEST_F(DecisionTest, TreatsNsBelowTheApexAsDataAtAnInboundEndpoint) {
  ask("sub.corp.internal.", dns::RRType::NS);
  EXPECT_EQ(chain(), Chain({"sub.corp.internal. NS"}));
  ask("ns.sub.corp.internal.");
  EXPECT_EQ(chain(), Chain({"ns.sub.corp.internal. A"}));
  ask("other.sub.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::NXDomain);
}

TEST_F(DecisionTest, RefersFromADelegationEndpoint) {
  address.delegation = true;
  ask("app.corp.internal.");
  EXPECT_TRUE(decision.authoritative);
  EXPECT_FALSE(decision.recursion_available);

  ask("deep.other.sub.corp.internal.");
  EXPECT_EQ(decision.rcode, dns::Rcode::NoError);
  EXPECT_FALSE(decision.authoritative);
  EXPECT_EQ(decision.answers().size(), 0U);
  ASSERT_NE(decision.authority(), nullptr);
  EXPECT_EQ(decision.authority()->owner.to_text(), "sub.corp.internal.");
  EXPECT_EQ(decision.authority()->rrset.wire.type, 2);
  ASSERT_EQ(decision.additional().size(),
            2U);  // A and AAAA of ns.sub; the other server is outside
  EXPECT_EQ(decision.additional()[0].owner.to_text(), "ns.sub.corp.internal.");
  EXPECT_EQ(decision.additional()[1].rrset.wire.type, 28);

  ask("www.example.com.");
  EXPECT_EQ(decision.rcode, dns::Rcode::Refused);
  EXPECT_FALSE(decision.authoritative);
}

}  // namespace
}  // namespace inlet53::resolver
