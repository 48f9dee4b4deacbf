// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/name_key.h"

#include <set>

#include "test_zone.h"

namespace inlet53::zone {
namespace {

uint64_t hash_of(std::string_view text) {
  const NameKey made = key(text);
  return made.hash(0, made.label_count());
}

TEST(NameKey, GivesTheLabelsBetween) {
  const NameKey made = key("A.bc.Example.");
  ASSERT_EQ(made.label_count(), 3U);
  EXPECT_EQ(as_text(made.labels(0, 2)), std::string_view("\1a\2bc"));
  EXPECT_EQ(as_text(made.labels(2, 3)), std::string_view("\7example"));
  EXPECT_TRUE(made.labels(0, 0).empty());
  EXPECT_TRUE(made.labels(3, 3).empty());
}

TEST(NameKey, HashesLabelsWhereverTheyStand) {
  const NameKey longer = key("x.y.example.org.");
  EXPECT_EQ(longer.hash(2, 4), hash_of("example.org."));
  EXPECT_EQ(longer.hash(1, 2), hash_of("y."));
  EXPECT_EQ(longer.hash(4, 4), hash_of("."));
}

TEST(NameKey, FoldsLetterCaseOnly) {
  EXPECT_EQ(hash_of("WwW.eXample."), hash_of("www.example."));
  EXPECT_EQ(key("WwW.eXample.").name().view().to_text(), "www.example.");
  // '[' and '{' differ by the same bit as upper and lower case.
  EXPECT_NE(hash_of("a[.example."), hash_of("a{.example."));
}

TEST(NameKey, TellsWhereLabelsEnd) {
  std::set<uint64_t> hashes;
  for (const char* text : {"ab.c.", "a.bc.", "abc.", "a.b.c.", "c.ab.", R"(a\.bc.)"}) {
    hashes.insert(hash_of(text));
  }
  EXPECT_EQ(hashes.size(), 6U);
}

TEST(NameKey, DependsOnTheSeed) {
  NameKey other;
  other.assign(name("www.example.").view(), kTestSeed + 1);
  EXPECT_NE(other.hash(0, 2), hash_of("www.example."));
  EXPECT_NE(other.hash(0, 1), hash_of("www."));
}

TEST(NameKey, TakesTheDeepestAndTheLongestNames) {
  std::string deepest;
  for (size_t i = 0; i < dns::kMaxLabels; ++i) deepest += "a.";
  const NameKey made = key(deepest);
  ASSERT_EQ(made.label_count(), dns::kMaxLabels);
  std::set<uint64_t> hashes;
  for (size_t label = 0; label <= dns::kMaxLabels; ++label) {
    hashes.insert(made.hash(label, dns::kMaxLabels));
  }
  EXPECT_EQ(hashes.size(), dns::kMaxLabels + 1);

  const std::string label(63, 'x');
  const std::string longest = label + "." + label + "." + label + "." + label.substr(2) + ".";
  EXPECT_EQ(key(longest).name().view().size(), dns::kMaxName);
}

TEST(NameKey, RandomSeedsDiffer) { EXPECT_NE(random_seed(), random_seed()); }

}  // namespace
}  // namespace inlet53::zone
