#include "due_list.h"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::forward {
namespace {

constexpr uint64_t kStart = 123'456'789;

std::vector<uint32_t> expired(DueList& list, uint64_t now) {
  std::vector<uint32_t> items;
  while (const auto item = list.expire(now)) items.push_back(*item);
  return items;
}

TEST(DueList, GivesWhatIsDueAndNothingElse) {
  DueList list(kStart);
  EXPECT_FALSE(list.next_us());
  list.set(3, kStart + 50'000);
  list.set(1, kStart + 10'000);
  list.set(2, kStart + 10'001);
  EXPECT_EQ(list.next_us(), kStart + 10'000);
  EXPECT_TRUE(expired(list, kStart + 9'999).empty());
  EXPECT_EQ(expired(list, kStart + 10'000), std::vector<uint32_t>{1});
  EXPECT_EQ(list.next_us(), kStart + 10'001);
  list.clear(2);
  EXPECT_EQ(list.next_us(), kStart + 50'000);
  list.set(3, kStart + 20'000);
  EXPECT_EQ(expired(list, kStart + 1'000'000), std::vector<uint32_t>{3});
  EXPECT_FALSE(list.next_us());
}

TEST(DueList, GivesAtOnceWhatIsPast) {
  DueList list(kStart);
  EXPECT_TRUE(expired(list, kStart + 5'000'000).empty());
  list.set(0, kStart);
  EXPECT_EQ(expired(list, kStart + 5'000'000), std::vector<uint32_t>{0});
}

// Against an ordered map, around the wheel several times.
TEST(DueList, AgreesWithAMap) {
  std::mt19937 random(1);
  DueList list(kStart);
  std::map<uint32_t, uint64_t> model;
  uint64_t now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    const auto item = static_cast<uint32_t>(random() % 50);
    if (random() % 4 == 0) {
      list.clear(item);
      model.erase(item);
    } else {
      const uint64_t due = now + random() % 15'000'000;
      list.set(item, due);
      model[item] = due;
    }
    if (random() % 3 != 0) continue;
    now += random() % (random() % 100 == 0 ? 14'000'000 : 20'000);
    for (const uint32_t each : expired(list, now)) {
      ASSERT_TRUE(model.contains(each) && model[each] <= now);
      model.erase(each);
    }
    uint64_t next = UINT64_MAX;
    for (const auto& [each, due] : model) next = std::min(next, due);
    ASSERT_GT(next, now);
    ASSERT_EQ(list.next_us().value_or(UINT64_MAX), next);
  }
}

}  // namespace
}  // namespace inlet53::forward
