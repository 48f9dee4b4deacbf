// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/clock.h"

#include <ctime>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

TEST(UtcSecond, WritesIso8601) {
  UtcSecond second;
  EXPECT_EQ(second.text(), "1970-01-01T00:00:00Z");
  second.set(1619354254);
  EXPECT_EQ(second.text(), "2021-04-25T12:37:34Z");
  second.set(1619354254);
  EXPECT_EQ(second.text(), "2021-04-25T12:37:34Z");
  second.set(951782399);
  EXPECT_EQ(second.text(), "2000-02-28T23:59:59Z");
  second.set(4102444799);
  EXPECT_EQ(second.text(), "2099-12-31T23:59:59Z");
}

TEST(Clock, NeverRunsBackwards) {
  Now before = read_clock();
  EXPECT_GE(before.wall_seconds, 1'700'000'000);
  for (int i = 0; i < 1000; ++i) {
    const Now now = read_clock();
    EXPECT_GE(now.monotonic_ms, before.monotonic_ms);
    before = now;
  }
  // The coarse clocks are at most one tick behind the exact ones.
  EXPECT_GE(wall_milliseconds(), before.wall_seconds * 1000);
  EXPECT_GE(monotonic_microseconds() / 1000, before.monotonic_ms);
  const uint64_t exact = monotonic_microseconds();
  EXPECT_GE(monotonic_microseconds(), exact);
}

}  // namespace
}  // namespace inlet53
