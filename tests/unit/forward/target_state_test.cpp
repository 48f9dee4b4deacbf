// SPDX-License-Identifier: Apache-2.0
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

TEST(TargetState, IsSilentAfterManyDifferentQuestionsAndSomeTime) {
  TargetState state = target();
  uint64_t now = kStart;
  for (uint64_t question = 0; question < 15; ++question, now += 200 * kMs) {
    EXPECT_FALSE(state.unanswered(question, now, now + 100 * kMs));
  }
  EXPECT_FALSE(state.silent());
  EXPECT_TRUE(state.unanswered(15, now, now + 100 * kMs));
  EXPECT_TRUE(state.silent());
  EXPECT_FALSE(state.unanswered(16, now, now + 100 * kMs));  // reported once
  state.answered(now, now + kSecond, true);
  EXPECT_FALSE(state.silent());
}

TEST(TargetState, IsNotSilentByOneQuestionHoweverOftenItIsAsked) {
  TargetState state = target();
  for (uint64_t i = 0; i < 1000; ++i) {
    const uint64_t now = kStart + i * 100 * kMs;
    EXPECT_FALSE(state.unanswered(i % 15, now, now + 100 * kMs));
  }
  EXPECT_FALSE(state.silent());
}

TEST(TargetState, IsNotSilentByABurst) {
  TargetState state = target();
  for (uint64_t question = 0; question < 1000; ++question) {
    EXPECT_FALSE(state.unanswered(question, kStart, kStart + 300 * kMs));
  }
  EXPECT_FALSE(state.silent());
}

TEST(TargetState, AnswersAgainWithTheFirstLateResponse) {
  TargetState state = target();
  for (uint64_t question = 0; question < 16; ++question) {
    state.unanswered(question, kStart, kStart + 2 * kSecond);
  }
  ASSERT_TRUE(state.silent());
  state.answered(kStart, kStart + 5 * kSecond, true);
  EXPECT_FALSE(state.silent());
  EXPECT_EQ(state.expected_us(), state.round_trip().smoothed());
}

TEST(TargetState, IsNotBlamedForWhatWasSentBeforeItsLastAnswer) {
  TargetState state = target();
  state.answered(kStart, kStart + 10 * kMs, true);
  const uint64_t expected = state.expected_us();
  for (uint64_t question = 0; question < 100; ++question) {
    state.unanswered(question, kStart + 5 * kMs, kStart + 5 * kSecond);
  }
  EXPECT_EQ(state.expected_us(), expected);
  EXPECT_FALSE(state.silent());
}

TEST(TargetState, IsNotMeasuredByAQuestionThatTakesLong) {
  TargetState state = target();
  state.answered(kStart, kStart + kMs, true);
  // The query was sent before an answered one: only this question is slow.
  state.answered(kStart + 2 * kMs, kStart + 3 * kMs, true);
  state.answered(kStart + kMs, kStart + 5 * kSecond, true);
  EXPECT_EQ(state.round_trip().smoothed(), kMs);
  // No later query was answered: the target is slow.
  state.answered(kStart + 6 * kSecond, kStart + 7 * kSecond, true);
  EXPECT_GT(state.round_trip().smoothed(), 100 * kMs);
}

TEST(TargetState, IsExpectedToTakeLongerWithEachUnanswered) {
  TargetState state = target();
  EXPECT_EQ(state.expected_us(), 0U);
  state.answered(kStart, kStart + 10 * kMs, true);
  EXPECT_EQ(state.expected_us(), 10 * kMs);
  state.unanswered(1, kStart + 20 * kMs, kStart + 70 * kMs);
  const uint64_t once = state.expected_us();
  EXPECT_GT(once, 50 * kMs);
  state.unanswered(1, kStart + 70 * kMs, kStart + 170 * kMs);
  EXPECT_EQ(state.expected_us(), once) << "the same question";
  state.unanswered(2, kStart + 70 * kMs, kStart + 170 * kMs);
  EXPECT_EQ(state.expected_us(), 2 * once);
}

TEST(TargetState, IsProbedWithEveryQueryWhileItIsDoubted) {
  TargetState state = target();
  state.answered(kStart, kStart + kMs, true);
  EXPECT_FALSE(state.wants_probe(kStart + kSecond));
  state.unanswered(1, kStart + kSecond, kStart + 2 * kSecond);
  const uint64_t now = kStart + 2 * kSecond;
  for (uint64_t question = 10; question < 14; ++question) {
    EXPECT_TRUE(state.wants_probe(now));
    state.probe_sent(question, now);
  }
  EXPECT_FALSE(state.wants_probe(now)) << "four are out";
  // An answer to any of them ends the doubt.
  state.answered(now, now + kMs, true);
  EXPECT_FALSE(state.wants_probe(now + kSecond));
}

TEST(TargetState, IsProbedAtGrowingIntervalsWhenSilent) {
  TargetState state = target();
  for (uint64_t question = 0; question < 16; ++question) {
    state.unanswered(question, kStart, kStart + 1500 * kMs);
  }
  ASSERT_TRUE(state.silent());
  uint64_t now = kStart + 1500 * kMs;
  EXPECT_TRUE(state.wants_probe(now));
  state.probe_sent(100, now);
  for (const uint64_t interval : {1000, 2000, 4000, 8000, 10'000, 10'000}) {
    now += interval * kMs;
    state.expire_probes(now - 1);
    EXPECT_FALSE(state.wants_probe(now - 1)) << interval;
    state.expire_probes(now);
    EXPECT_TRUE(state.wants_probe(now)) << interval;
    state.probe_sent(100 + interval, now);
    EXPECT_FALSE(state.wants_probe(now));
  }
}

TEST(TargetState, IsSilentByProbesAlone) {
  TargetState state = target();
  uint64_t now = kStart;
  uint64_t question = 0;
  bool silent = false;
  for (; !silent && question < 1000; now += 10 * kMs) {
    silent = state.expire_probes(now);
    if (state.wants_probe(now)) state.probe_sent(question++, now);
  }
  EXPECT_TRUE(silent);
  EXPECT_TRUE(state.silent());
}

TEST(TargetState, IsMeasuredAgainWhenItsMeasureIsOld) {
  TargetState state = target();
  EXPECT_TRUE(state.wants_probe(kStart));
  state.answered(kStart, kStart + kMs, true);
  EXPECT_FALSE(state.wants_probe(kStart + 9 * kSecond));
  EXPECT_TRUE(state.wants_probe(kStart + 11 * kSecond));
}

TEST(TargetState, ForgetsAProbeThatCouldNotBeSent) {
  TargetState state = target();
  state.probe_sent(1, kStart);
  state.probe_sent(2, kStart);
  state.probe_unsent(1);
  state.probe_unsent(3);
  state.expire_probes(kStart + 10 * kSecond);
  // Only question 2 counts against it.
  for (uint64_t question = 10; question < 24; ++question) {
    EXPECT_FALSE(state.unanswered(question, kStart, kStart + 10 * kSecond));
  }
  EXPECT_TRUE(state.unanswered(24, kStart, kStart + 10 * kSecond));
}

}  // namespace
}  // namespace inlet53::forward
