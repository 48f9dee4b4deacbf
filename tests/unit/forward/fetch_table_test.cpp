// SPDX-License-Identifier: Apache-2.0
#include "fetch_table.h"

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

// While targets answer in time, `expire` is not called.
TEST(DueList, GivesAllInTimeAfterALongCalm) {
  for (const uint64_t calm : {5'000'000ULL, 18'000'000ULL, 60'000'000ULL, 864'000'000'000ULL}) {
    DueList list(kStart);
    uint64_t now = kStart;
    for (; now < kStart + calm && calm < 100'000'000; now += 100'000) {
      list.catch_up(now);
      list.set(0, now + 250'000);
      list.clear(0);
    }
    now = kStart + calm;
    for (uint32_t item = 0; item < 20; ++item) {
      list.catch_up(now + item * 5000);
      list.set(item, now + item * 5000 + 250'000);
    }
    for (uint32_t item = 0; item < 20; ++item) {
      const uint64_t due = now + item * 5000 + 250'000;
      EXPECT_EQ(list.next_us(), due) << calm;
      EXPECT_EQ(expired(list, due), std::vector<uint32_t>{item}) << calm;
      list.set(item + 100, due + 500'000);  // a second wait
    }
    for (uint32_t item = 0; item < 20; ++item) {
      const uint64_t due = now + item * 5000 + 750'000;
      EXPECT_EQ(expired(list, due), std::vector<uint32_t>{item + 100}) << calm;
    }
  }
}

// Compares the list with an ordered map over several rounds of the wheel.
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
