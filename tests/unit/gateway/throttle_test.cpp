// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/throttle.h"

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

constexpr Throttle::Limit kWide{1e9, 1'000'000};

int count_allowed(Throttle& throttle, const char* method, const Throttle::Limit* limit, int calls,
                  uint64_t now_ms) {
  int count = 0;
  for (int i = 0; i < calls; ++i) count += throttle.allow("account", method, limit, now_ms) ? 1 : 0;
  return count;
}

TEST(Throttle, LetsABurstThroughAndThenTheRate) {
  Throttle throttle(kWide);
  const Throttle::Limit limit{10, 5};
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 20, 1000), 5);
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 20, 1099), 0);
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 20, 1100), 1);
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 20, 1400), 3);
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 20, 60000), 5);  // never more than the burst
}

TEST(Throttle, CountsEachMethodByItself) {
  Throttle throttle(kWide);
  const Throttle::Limit limit{1, 2};
  EXPECT_EQ(count_allowed(throttle, "a", &limit, 5, 0), 2);
  EXPECT_EQ(count_allowed(throttle, "b", &limit, 5, 0), 2);
  EXPECT_EQ(count_allowed(throttle, "c", nullptr, 5, 0), 5);
}

TEST(Throttle, LimitsTheWholeAccount) {
  Throttle throttle({1, 3});
  EXPECT_EQ(count_allowed(throttle, "a", nullptr, 2, 0), 2);
  EXPECT_EQ(count_allowed(throttle, "b", nullptr, 2, 0), 1);
  EXPECT_TRUE(throttle.allow("another", "a", nullptr, 0));
}

TEST(Throttle, RemovesNoTokenWhenTheAccountRefuses) {
  Throttle throttle({1, 1});
  const Throttle::Limit limit{0.001, 2};
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 3, 0), 1);
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 3, 1000),
            1);  // its second token is still available
}

TEST(Throttle, OfZeroAllowsNoCall) {
  Throttle throttle(kWide);
  const Throttle::Limit none{0, 0};
  EXPECT_EQ(count_allowed(throttle, "m", &none, 3, 100000), 0);
}

TEST(Throttle, KeepsTokensWhenLimitsChange) {
  Throttle throttle(kWide);
  Throttle::Limit limit{1, 10};
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 4, 0), 4);
  limit = {1, 3};
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 10, 0), 3);
  limit = {1, 100};
  EXPECT_EQ(count_allowed(throttle, "m", &limit, 10, 0), 0);
}

}  // namespace
}  // namespace inlet53::gateway
