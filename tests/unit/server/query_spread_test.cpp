// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/query_spread.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

// CPU use of each worker when the workers that receive queries have equal load.
std::vector<double> shared(const QuerySpread& spread, uint32_t workers, double all) {
  std::vector<double> busy(workers);
  std::fill_n(busy.begin(), spread.active(), all / spread.active());
  return busy;
}

void observe_for(QuerySpread& spread, int seconds, uint32_t workers, double all) {
  for (int i = 0; i < seconds; ++i) spread.observe(shared(spread, workers, all));
}

TEST(QuerySpread, FillsOneWorkerBeforeOthersTakePart) {
  QuerySpread spread(4);
  EXPECT_EQ(spread.active(), 1U);
  observe_for(spread, 100, 4, 0.85);
  EXPECT_EQ(spread.active(), 1U);
  spread.observe(shared(spread, 4, 0.95));
  EXPECT_EQ(spread.active(), 4U);
}

TEST(QuerySpread, HelpsAtOnceWhoFallsBehind) {
  QuerySpread spread(4);
  spread.fell_behind();
  EXPECT_EQ(spread.active(), 4U);
  spread.fell_behind();
  EXPECT_EQ(spread.active(), 4U);
}

TEST(QuerySpread, TakesAsFewAsFillTheirTime) {
  QuerySpread spread(4);
  spread.fell_behind();
  observe_for(spread, 2, 4, 1.5);
  EXPECT_EQ(spread.active(), 4U);
  spread.observe(shared(spread, 4, 1.5));
  EXPECT_EQ(spread.active(), 2U);
  observe_for(spread, 100, 4, 1.5);
  EXPECT_EQ(spread.active(), 2U);
}

TEST(QuerySpread, BelievesCalmOnlyWhenItLasts) {
  QuerySpread spread(2);
  spread.fell_behind();
  for (int i = 0; i < 20; ++i) {
    observe_for(spread, 2, 2, 0.3);
    spread.observe(shared(spread, 2, 1.7));
  }
  EXPECT_EQ(spread.active(), 2U);
}

// A worker that shares its processor never has a high CPU time, but falls behind repeatedly.
TEST(QuerySpread, WaitsLongerEachTimeThatFewerWereTooFew) {
  QuerySpread spread(2);
  for (const int calm : {3, 6, 12, 24, 48, 96, 96}) {
    spread.fell_behind();
    observe_for(spread, calm - 1, 2, 0.3);
    EXPECT_EQ(spread.active(), 2U) << calm;
    spread.observe(shared(spread, 2, 0.3));
    EXPECT_EQ(spread.active(), 1U) << calm;
  }
  observe_for(spread, 60, 2, 0.3);  // two workers are enough for a minute
  spread.fell_behind();
  observe_for(spread, 3, 2, 0.3);
  EXPECT_EQ(spread.active(), 1U);
}

TEST(QuerySpread, TakesAsManyAsAllTheCalmTimeNeeded) {
  QuerySpread spread(4);
  spread.fell_behind();
  observe_for(spread, 2, 4, 2.3);
  spread.observe(shared(spread, 4, 0.5));
  EXPECT_EQ(spread.active(), 3U);
  observe_for(spread, 3, 4, 0.5);
  EXPECT_EQ(spread.active(), 1U);
}

TEST(QuerySpread, HelpsOneThatIsBusyWithMoreThanItsShare) {
  QuerySpread spread(4);
  spread.fell_behind();
  observe_for(spread, 3, 4, 1.5);
  ASSERT_EQ(spread.active(), 2U);
  spread.observe(std::array{0.95, 0.3, 0.0, 0.0});  // a connection keeps the first worker busy
  EXPECT_EQ(spread.active(), 4U);
}

TEST(QuerySpread, NeedsNoHelpForWhatOthersAreBusyWith) {
  QuerySpread spread(4);
  for (int i = 0; i < 10; ++i) spread.observe(std::array{0.3, 0.3, 0.95, 0.3});
  EXPECT_EQ(spread.active(), 1U);
}

TEST(QuerySpread, OneWorkerIsAll) {
  QuerySpread spread(1);
  spread.fell_behind();
  observe_for(spread, 10, 1, 0.99);
  observe_for(spread, 10, 1, 0.0);
  EXPECT_EQ(spread.active(), 1U);
}

}  // namespace
}  // namespace inlet53::server
