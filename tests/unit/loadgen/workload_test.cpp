#include "inlet53/loadgen/workload.h"

#include <map>
#include <set>

#include "loadgen_support.h"
#include <gtest/gtest.h>

namespace inlet53::loadgen {
namespace {

using test::asked;
using test::name;
using test::questions;

std::vector<std::string> first_asked(const Workload& workload, size_t count) {
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < count; ++i) texts.push_back(asked(workload, i));
  return texts;
}

TEST(Workload, AsksSequentiallyAroundTheList) {
  const Workload workload(questions({"a.test", "b.test", "c.test"}), {.sequential = true});
  EXPECT_EQ(
      first_asked(workload, 5),
      (std::vector<std::string>{"a.test. A", "b.test. A", "c.test. A", "a.test. A", "b.test. A"}));
}

TEST(Workload, AsksTheSameForTheSameSeedOnly) {
  const auto make = [](uint64_t seed) {
    return Workload(QuestionList::random_apis(1000, name("example").view(), 1, 7),
                    {.misses_percent = 20, .miss_domain = name("corp.internal"), .seed = seed});
  };
  EXPECT_EQ(first_asked(make(5), 200), first_asked(make(5), 200));
  EXPECT_NE(first_asked(make(5), 200), first_asked(make(6), 200));
}

TEST(Workload, AsksForEveryNameAtRandomAboutAsOften) {
  const Workload workload(questions({"a.test", "b.test", "c.test", "d.test"}), {});
  std::map<std::string, int> counts;
  for (const std::string& text : first_asked(workload, 8000)) ++counts[text];
  ASSERT_EQ(counts.size(), 4U);
  for (const auto& [text, count] : counts) EXPECT_NEAR(count, 2000, 200) << text;
}

TEST(Workload, AsksForAsManyMissesAsToldEachOnce) {
  const Workload workload(
      questions({"a.test"}),
      {.misses_percent = 25, .miss_domain = name("corp.internal"), .miss_type = 28});
  std::set<std::string> misses;
  size_t count = 0;
  for (uint64_t i = 0; i < 8000; ++i) {
    const std::string text = asked(workload, i);
    EXPECT_EQ(text != "a.test. A", workload.is_miss(i));
    if (!workload.is_miss(i)) continue;
    EXPECT_TRUE(text.ends_with(".corp.internal. AAAA")) << text;
    misses.insert(text);
    ++count;
  }
  EXPECT_NEAR(static_cast<double>(count), 2000, 200);
  EXPECT_EQ(misses.size(), count);
}

TEST(Workload, AsksForNothingElseWhenAllAreMisses) {
  const Workload workload(questions({"a.test"}), {.misses_percent = 100});
  for (uint64_t i = 0; i < 1000; ++i) EXPECT_TRUE(workload.is_miss(i));
}

TEST(Workload, KnowsItsOwnQuestionsOctetForOctet) {
  const Workload workload(questions({"a.test"}), {.misses_percent = 50});
  for (uint64_t i = 0; i < 100; ++i) {
    std::vector<uint8_t> octets(QuestionList::kMaxQuestion);
    octets.resize(workload.write_question(i, octets.data()));
    EXPECT_TRUE(workload.matches(i, octets));
    EXPECT_FALSE(workload.matches(i, Bytes(octets).first(octets.size() - 1)));
    octets[1] ^= 0x20;  // letter case counts
    EXPECT_FALSE(workload.matches(i, octets));
  }
}

TEST(QuestionList, MakesApiIdsThatDependOnTheSeed) {
  const auto ids = [](uint64_t seed) {
    const Workload workload(
        QuestionList::random_apis(500, name("execute-api.eu-west-1.amazonaws.com").view(), 1, seed),
        {.sequential = true});
    return first_asked(workload, 500);
  };
  const auto some = ids(1);
  EXPECT_EQ(some, ids(1));
  EXPECT_NE(some, ids(2));
  EXPECT_EQ(std::set<std::string>(some.begin(), some.end()).size(), 500U);
  for (const std::string& text : some) {
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), 10U) << text;
    EXPECT_EQ(text.substr(10), ".execute-api.eu-west-1.amazonaws.com. A");
  }
}

}  // namespace
}  // namespace inlet53::loadgen
