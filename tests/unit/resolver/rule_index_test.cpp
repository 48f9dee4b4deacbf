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

TEST_F(RuleIndexTest, FindsNothingElsewhere) {
  for (const char* name : {"com.", ".", "xexample.com.", "example.net.", "le.com."}) {
    EXPECT_EQ(find(name).forward, RuleIndex::kSystem) << name;
  }
}

TEST_F(RuleIndexTest, SaysWhereTheRulesDomainBegins) {
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
