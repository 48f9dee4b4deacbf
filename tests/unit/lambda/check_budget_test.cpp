#include "check_budget.h"

#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

// How many searches of `cost_us` a flood of connections, one in each microsecond or so, gets from
// `from_ms` to `to_ms`.
uint64_t searches(CheckBudget& budget, uint64_t cost_us, uint64_t from_ms, uint64_t to_ms) {
  uint64_t made = 0;
  for (uint64_t now = from_ms; now < to_ms; ++now) {
    for (int i = 0; i < 1000 && !budget.used_up(now); ++i) {
      budget.charge(cost_us, now);
      ++made;
    }
  }
  return made;
}

TEST(CheckBudget, BoundsTheTimeOfSearchesForStrangers) {
  for (const uint64_t cost_us : {20U, 200U, 5000U}) {
    CheckBudget budget;
    const uint64_t first = searches(budget, cost_us, 5000, 6000) * cost_us;
    EXPECT_LE(first, 20'000 + cost_us) << cost_us;  // at once, and for the second
    EXPECT_GE(first, 20'000 - cost_us - 10) << cost_us;
    const uint64_t later = searches(budget, cost_us, 6000, 16'000) * cost_us;
    EXPECT_LE(later, 100'000 + cost_us) << cost_us;
  }
}

TEST(CheckBudget, IsFreeAgainSoon) {
  CheckBudget budget;
  EXPECT_GT(searches(budget, 30, 1000, 3000), 0U);
  EXPECT_TRUE(budget.used_up(2999));
  EXPECT_FALSE(budget.used_up(3003));  // while the flood goes on, too
  // Also after the dearest search, and after a process that was stopped for hours.
  CheckBudget dear;
  dear.charge(9'999, 0);
  dear.charge(3'600'000'000, 0);
  EXPECT_TRUE(dear.used_up(999));
  EXPECT_FALSE(dear.used_up(1001));
}

TEST(CheckBudget, GrowsNoMoreThanItsMost) {
  CheckBudget budget;
  EXPECT_FALSE(budget.used_up(1'000'000'000));
  EXPECT_LE(searches(budget, 100, 1'000'000'000, 1'000'000'001), 100U);
}

TEST(CheckBudget, LastsForEverWhenNothingIsRefused) {
  CheckBudget budget;
  for (uint64_t now = 0; now < 1000; ++now) EXPECT_FALSE(budget.used_up(now));
}

}  // namespace
}  // namespace inlet53::lambda
