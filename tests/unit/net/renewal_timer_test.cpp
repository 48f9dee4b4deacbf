// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/renewal_timer.h"

#include <ctime>

#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

TEST(RenewalTimer, WaitsUntilTheRenewalButAtMostAMinute) {
  EXPECT_EQ(renewal_delay_ms({900, 1030}, 1000), 30'000U);
  EXPECT_EQ(renewal_delay_ms({900, 1000}, 1000), 1000U);
  EXPECT_EQ(renewal_delay_ms({0, 1}, 1000), 1000U);
  EXPECT_EQ(renewal_delay_ms({900, 1000 + 86400 * 60}, 1000), 60'000U);
}

// A timer with one long wait would not notice a clock change or a suspended machine; this timer
// reads the clock again.
TEST(RenewalTimer, FindsACertificateDueAfterAClockThatWasSetEitherWay) {
  const RenewalTimes times{1000, 2000};
  EXPECT_FALSE(is_due(times, 1000));
  EXPECT_FALSE(is_due(times, 1999));
  EXPECT_TRUE(is_due(times, 2000));
  EXPECT_TRUE(is_due(times, 1'000'000));
  EXPECT_TRUE(is_due(times, 999));
  EXPECT_EQ(renewal_delay_ms(times, 999), 1000U);
  EXPECT_FALSE(is_due({}, 0));
  EXPECT_FALSE(is_due({1000, 0}, 0));
}

// Sets the timer and counts its calls until it is no longer set.
int calls_of(const RenewalTimes& times) {
  Loop loop;
  int calls = 0;
  RenewalTimer* timer = nullptr;
  RenewalTimer made(loop, [&] {
    ++calls;
    timer->set({});
  });
  timer = &made;
  made.set(times);
  loop.run();  // ends when the timer is no longer set
  return calls;
}

TEST(RenewalTimer, CallsWhenTheTimeHasCome) {
  const int64_t now = std::time(nullptr);
  EXPECT_EQ(calls_of({now - 10, now + 2}), 1);
}

TEST(RenewalTimer, CallsForACertificateThatIsNotValidYet) {
  const int64_t now = std::time(nullptr);
  EXPECT_EQ(calls_of({now + 3600, now + 86400}), 1);
}

TEST(RenewalTimer, NeverCallsWhereNothingIsRenewed) {
  Loop loop;
  RenewalTimer timer(loop, [] { FAIL(); });
  timer.set({0, std::time(nullptr)});
  timer.set({});
  loop.run();
}

}  // namespace
}  // namespace inlet53::net
