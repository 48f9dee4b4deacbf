#include "target_state.h"

#include <gtest/gtest.h>

namespace inlet53::forward {
namespace {

constexpr uint64_t kMs = 1000;
constexpr uint64_t kSecond = 1'000'000;
constexpr uint64_t kStart = 100 * kSecond;

TargetState target() {
  return TargetState({*SocketAddress::parse("192.0.2.1:53"), TargetProtocol::Do53, ""}, {});
}

TEST(RoundTrip, SmoothsAsRfc6298Says) {
  RoundTrip trip;
  EXPECT_EQ(trip.timeout(), RoundTrip::kFirstTimeout);
  trip.measure(100 * kMs);
  EXPECT_EQ(trip.smoothed(), 100 * kMs);
  EXPECT_EQ(trip.timeout(), 300 * kMs);  // 100 + 4 * 50
  trip.measure(180 * kMs);
  EXPECT_EQ(trip.smoothed(), 110 * kMs);
  EXPECT_EQ(trip.timeout(), (110 + 4 * 57) * kMs + 4 * 500);  // variation (3 * 50 + 80) / 4
}

TEST(RoundTrip, KeepsItsTimeoutWithinItsBounds) {
  RoundTrip trip;
  for (int i = 0; i < 50; ++i) trip.measure(200);
  EXPECT_EQ(trip.timeout(), RoundTrip::kLeastTimeout);
  trip.measure(1'000'000 * kSecond);
  EXPECT_EQ(trip.timeout(), RoundTrip::kMostTimeout);
}

TEST(TargetState, IsDeadAfterManyUnansweredAndSomeSilence) {
  TargetState state = target();
  uint64_t now = kStart;
  for (int i = 0; i < 15; ++i, now += 200 * kMs) {
    EXPECT_FALSE(state.unanswered(now, now + 100 * kMs));
  }
  EXPECT_FALSE(state.dead());
  EXPECT_TRUE(state.unanswered(now, now + 100 * kMs));
  EXPECT_TRUE(state.dead());
  EXPECT_FALSE(state.unanswered(now, now + 100 * kMs));  // said once
  state.answered(now, now + kSecond, true);
  EXPECT_FALSE(state.dead());
}

TEST(TargetState, IsNotDeadByABurst) {
  TargetState state = target();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(state.unanswered(kStart, kStart + 300 * kMs));
  EXPECT_FALSE(state.dead());
}

TEST(TargetState, IsNotBlamedForWhatWasSentBeforeItsLastAnswer) {
  TargetState state = target();
  state.answered(kStart, kStart + 10 * kMs, true);
  const uint64_t expected = state.expected_us();
  for (int i = 0; i < 100; ++i) state.unanswered(kStart + 5 * kMs, kStart + 5 * kSecond);
  EXPECT_EQ(state.expected_us(), expected);
  EXPECT_FALSE(state.dead());
}

TEST(TargetState, IsExpectedToTakeLongerWithEachUnanswered) {
  TargetState state = target();
  EXPECT_EQ(state.expected_us(), 0U);
  state.answered(kStart, kStart + 10 * kMs, true);
  EXPECT_EQ(state.expected_us(), 10 * kMs);
  state.unanswered(kStart + 20 * kMs, kStart + 70 * kMs);
  const uint64_t once = state.expected_us();
  EXPECT_GT(once, 50 * kMs);
  state.unanswered(kStart + 70 * kMs, kStart + 170 * kMs);
  EXPECT_EQ(state.expected_us(), 2 * once);
}

TEST(TargetState, IsProbedAtGrowingIntervalsWhenDead) {
  TargetState state = target();
  for (int i = 0; i < 16; ++i) state.unanswered(kStart, kStart + 1500 * kMs);
  ASSERT_TRUE(state.dead());
  uint64_t now = kStart + 1500 * kMs;
  for (const uint64_t interval : {500, 1000, 2000, 4000, 8000, 10'000, 10'000}) {
    EXPECT_FALSE(state.may_probe(now + interval * kMs - 1, false)) << interval;
    now += interval * kMs;
    EXPECT_TRUE(state.may_probe(now, false)) << interval;
    state.probe_sent(now);
    EXPECT_FALSE(state.may_probe(now, false));
    state.unanswered(now, now + 300 * kMs);
  }
  // With no other target nobody can wait so long.
  EXPECT_TRUE(state.may_probe(now + kSecond, true));
}

TEST(TargetState, IsMeasuredAnewWhenItsMeasureIsOld) {
  TargetState state = target();
  EXPECT_TRUE(state.may_probe(kStart, false));
  state.answered(kStart, kStart + kMs, true);
  EXPECT_FALSE(state.may_probe(kStart + 9 * kSecond, false));
  EXPECT_TRUE(state.may_probe(kStart + 11 * kSecond, false));
}

}  // namespace
}  // namespace inlet53::forward
