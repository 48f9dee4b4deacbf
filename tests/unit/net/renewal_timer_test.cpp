#include "inlet53/net/renewal_timer.h"

#include <ctime>

#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

TEST(RenewalTimer, WaitsUntilTheRenewalButAtMostAnHour) {
  EXPECT_EQ(renewal_delay_ms(1030, 1000), 30'000U);
  EXPECT_EQ(renewal_delay_ms(1000, 1000), 1000U);
  EXPECT_EQ(renewal_delay_ms(1, 1000), 1000U);
  EXPECT_EQ(renewal_delay_ms(1000 + 86400 * 60, 1000), 3'600'000U);
}

TEST(RenewalTimer, CallsWhenTheTimeHasCome) {
  Loop loop;
  int calls = 0;
  RenewalTimer* timer = nullptr;
  RenewalTimer made(loop, [&] {
    ++calls;
    timer->set(0);
  });
  timer = &made;
  made.set(std::time(nullptr) + 2);
  loop.run();  // ends when the timer is set no more
  EXPECT_EQ(calls, 1);
}

TEST(RenewalTimer, NeverCallsWhereNothingIsRenewed) {
  Loop loop;
  RenewalTimer timer(loop, [] { FAIL(); });
  timer.set(std::time(nullptr));
  timer.set(0);
  loop.run();
}

}  // namespace
}  // namespace inlet53::net
