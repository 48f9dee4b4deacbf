// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/rule_index.h"

#include <gtest/gtest.h>

namespace inlet53::resolver {
namespace {

RuleIndex::Entry entry(std::string_view apex, uint32_t forward) {
  return {*dns::Name::parse_text(apex), forward};
}

class RuleIndexTest : public ::testing::Test {
 protected:
  RuleIndex::Match find(std::string_view name) {
    key.assign(dns::Name::parse_text(name)->view(), 53);
    return index.find(key);
  }

  RuleIndex index{{entry("example.com.", 0), entry("aws.example.com.", RuleIndex::kSystem),
                   entry("eu.aws.example.com.", 1), entry("example.org.", 2)}};
  zone::NameKey key;
};

TEST_F(RuleIndexTest, FindsTheMostSpecificRule) {
  EXPECT_EQ(find("www.example.com.").forward, 0U);
  EXPECT_EQ(find("example.com.").forward, 0U);
  EXPECT_EQ(find("a.b.EXAMPLE.org.").forward, 2U);
  EXPECT_EQ(find("x.eu.aws.example.com.").forward, 1U);
}

TEST_F(RuleIndexTest, ASystemRuleIsAnException) {
  EXPECT_EQ(find("x.aws.example.com.").forward, RuleIndex::kSystem);
  EXPECT_EQ(find("aws.example.com.").forward, RuleIndex::kSystem);
}

TEST(ForwardRule, FindsTheOutboundAddressOfAQuery) {
  const IpAddress here = *IpAddress::parse("127.0.0.1");
  const IpAddress there = *IpAddress::parse("127.0.0.2");
  ForwardRule rule;
  rule.outbound = {{*IpAddress::parse("10.0.0.1"), here, {}},
                   {*IpAddress::parse("10.0.0.2"), there, {}},
                   {*IpAddress::parse("10.0.0.3"), std::nullopt, {}},
                   {*IpAddress::parse("10.0.0.4"), std::nullopt, {}}};
  EXPECT_EQ(rule.outbound_for({here, 5000}).address.to_text(), "10.0.0.1");
  EXPECT_EQ(rule.outbound_for({there, 5001}).address.to_text(), "10.0.0.2");
  // An address chosen by the kernel matches no `send_from`: the two addresses without one share
  // such queries.
  const IpAddress chosen = *IpAddress::parse("192.0.2.7");
  EXPECT_EQ(rule.outbound_for({chosen, 5000}).address.to_text(), "10.0.0.3");
  EXPECT_EQ(rule.outbound_for({chosen, 5001}).address.to_text(), "10.0.0.4");
  rule.outbound.resize(2);
  EXPECT_EQ(rule.outbound_for({chosen, 5001}).address.to_text(), "10.0.0.1");
}

TEST_F(RuleIndexTest, FindsNoOtherName) {
  for (const char* name : {"com.", ".", "xexample.com.", "example.net.", "le.com."}) {
    EXPECT_EQ(find(name).forward, RuleIndex::kSystem) << name;
  }
}

TEST_F(RuleIndexTest, ReturnsTheLabelWhereTheRulesDomainBegins) {
  EXPECT_EQ(find("a.b.example.com.").label, 2U);
  EXPECT_EQ(find("example.com.").label, 0U);
}

TEST_F(RuleIndexTest, TheRootCoversEveryName) {
  index = RuleIndex({entry(".", 7), entry("example.com.", RuleIndex::kSystem)});
  EXPECT_EQ(find("a.test.").forward, 7U);
  EXPECT_EQ(find(".").forward, 7U);
  EXPECT_EQ(find("a.test.").label, 2U);
  EXPECT_EQ(find("a.example.com.").forward, RuleIndex::kSystem);
}

}  // namespace
}  // namespace inlet53::resolver
