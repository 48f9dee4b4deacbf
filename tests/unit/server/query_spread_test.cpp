#include "inlet53/server/query_spread.h"

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

void observe_for(QuerySpread& spread, int seconds, double busy) {
  for (int i = 0; i < seconds; ++i) spread.observe(busy);
}

TEST(QuerySpread, FillsOneWorkerBeforeOthersTakePart) {
  QuerySpread spread(4);
  EXPECT_EQ(spread.taking(), 1U);
  observe_for(spread, 100, 0.85);
  EXPECT_EQ(spread.taking(), 1U);
  spread.observe(0.95);
  EXPECT_EQ(spread.taking(), 4U);
}

TEST(QuerySpread, HelpsAtOnceWhoFallsBehind) {
  QuerySpread spread(4);
  spread.fell_behind();
  EXPECT_EQ(spread.taking(), 4U);
  spread.fell_behind();
  EXPECT_EQ(spread.taking(), 4U);
}

TEST(QuerySpread, TakesAsFewAsFillTheirTime) {
  QuerySpread spread(4);
  spread.fell_behind();
  observe_for(spread, 2, 1.5);
  EXPECT_EQ(spread.taking(), 4U);
  spread.observe(1.5);
  EXPECT_EQ(spread.taking(), 2U);
  observe_for(spread, 100, 1.5);
  EXPECT_EQ(spread.taking(), 2U);
}

TEST(QuerySpread, BelievesCalmOnlyWhenItLasts) {
  QuerySpread spread(2);
  spread.fell_behind();
  for (int i = 0; i < 20; ++i) {
    observe_for(spread, 2, 0.3);
    spread.observe(1.7);
  }
  EXPECT_EQ(spread.taking(), 2U);
}

// One whose processor others use too is never busy for long, and yet falls behind again and again.
TEST(QuerySpread, WaitsLongerEachTimeThatFewerWereTooFew) {
  QuerySpread spread(2);
  for (const int calm : {3, 6, 12, 24, 48, 96, 96}) {
    spread.fell_behind();
    observe_for(spread, calm - 1, 0.3);
    EXPECT_EQ(spread.taking(), 2U) << calm;
    spread.observe(0.3);
    EXPECT_EQ(spread.taking(), 1U) << calm;
  }
  observe_for(spread, 60, 0.3);  // they were enough for a minute
  spread.fell_behind();
  observe_for(spread, 3, 0.3);
  EXPECT_EQ(spread.taking(), 1U);
}

TEST(QuerySpread, OneWorkerIsAll) {
  QuerySpread spread(1);
  spread.fell_behind();
  observe_for(spread, 10, 0.99);
  observe_for(spread, 10, 0.0);
  EXPECT_EQ(spread.taking(), 1U);
}

}  // namespace
}  // namespace inlet53::server
