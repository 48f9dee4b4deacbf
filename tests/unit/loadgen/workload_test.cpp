// SPDX-License-Identifier: Apache-2.0
#include "inlet53/loadgen/workload.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <set>

#include "loadgen_support.h"
#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(Workload, MatchesItsOwnQuestionsByteForByte) {
  const Workload workload(questions({"a.test"}), {.misses_percent = 50});
  for (uint64_t i = 0; i < 100; ++i) {
    std::vector<uint8_t> octets(QuestionList::kMaxQuestion);
    octets.resize(workload.write_question(i, octets.data()));
    EXPECT_TRUE(workload.matches(i, octets));
    EXPECT_FALSE(workload.matches(i, Bytes(octets).first(octets.size() - 1)));
    octets[1] ^= 0x20;  // changes the letter case
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

namespace {

class NamesFileTest : public testing::Test {
 protected:
  ~NamesFileTest() override { std::remove(path_.c_str()); }

  Result<NamesFile, std::string> read(std::string_view text) {
    std::ofstream(path_, std::ios::binary) << text;
    return read_names_file(path_, test::kTypeA);
  }
  // The error, without the file's name.
  std::string error(std::string_view text) {
    const auto list = read(text);
    if (list) return "no error";
    EXPECT_TRUE(list.error().starts_with(path_)) << list.error();
    return list.error().substr(path_.size());
  }

  std::string path_ = testing::TempDir() + "inlet53-names-" + std::to_string(getpid());
};

TEST_F(NamesFileTest, ReadsNamesWithAndWithoutTypes) {
  auto list = read(
      "# a comment\n; another\n\n   \na.test\nb.test. AAAA\r\n\tC.test\ttype65\nd.test TYPE65280");
  ASSERT_TRUE(list.has_value()) << list.error();
  EXPECT_EQ(list->skipped, 0U);
  const Workload workload(std::move(list->questions), {.sequential = true});
  EXPECT_EQ(test::asked(workload, 0), "a.test. A");
  EXPECT_EQ(test::asked(workload, 1), "b.test. AAAA");
  EXPECT_EQ(test::asked(workload, 2), "C.test. HTTPS");
  EXPECT_EQ(test::asked(workload, 3), "d.test. TYPE65280");
  EXPECT_EQ(test::asked(workload, 4), "a.test. A");
}

TEST_F(NamesFileTest, SkipsAndCountsLinesThatCannotBeUsed) {
  auto names = read("a.test\n\na..b\nb.test BOGUS\n" + std::string(64, 'x') + ".test\nc.test NS\n");
  ASSERT_TRUE(names.has_value()) << names.error();
  EXPECT_EQ(names->skipped, 3U);
  EXPECT_EQ(names->faults,
            (std::vector<std::string>{
                path_ + ":3: not a domain name: a..b", path_ + ":4: not a type: BOGUS",
                path_ + ":5: not a domain name: " + std::string(64, 'x') + ".test"}));
  const Workload workload(std::move(names->questions), {.sequential = true});
  EXPECT_EQ(test::asked(workload, 0), "a.test. A");
  EXPECT_EQ(test::asked(workload, 1), "c.test. NS");
  EXPECT_EQ(test::asked(workload, 2), "a.test. A");
}

TEST_F(NamesFileTest, KeepsTheWordsOfSomeFaultsOnly) {
  std::string text = "a.test\n";
  for (int i = 0; i < 1000; ++i) text += "a..b\n";
  const auto names = read(text);
  ASSERT_TRUE(names.has_value()) << names.error();
  EXPECT_EQ(names->skipped, 1000U);
  EXPECT_EQ(names->faults.size(), NamesFile::kMostFaults);
}

// dnsperf ignores text after the type; kxdpgun has flags there.
TEST_F(NamesFileTest, IgnoresFurtherColumns) {
  auto names = read("a.test A IN\nb.test\tMX E\nc.test AAAA 10 20 \"x y\"\n");
  ASSERT_TRUE(names.has_value()) << names.error();
  EXPECT_EQ(names->skipped, 0U);
  const Workload workload(std::move(names->questions), {.sequential = true});
  EXPECT_EQ(test::asked(workload, 0), "a.test. A");
  EXPECT_EQ(test::asked(workload, 1), "b.test. MX");
  EXPECT_EQ(test::asked(workload, 2), "c.test. AAAA");
}

TEST_F(NamesFileTest, IsNotContentWithNoNames) {
  EXPECT_EQ(error(""), ": contains no names");
  EXPECT_EQ(error("# only words\n"), ": contains no names");
  EXPECT_EQ(error("a.test BOGUS\na..b\n"), ":1: not a type: BOGUS; none of 2 lines is valid");
}

TEST_F(NamesFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(read_names_file("/nowhere/names", 1).error(),
            "/nowhere/names: No such file or directory");
  EXPECT_EQ(read_names_file("/", 1).error(), "/: Is a directory");
}

}  // namespace

}  // namespace inlet53::loadgen
