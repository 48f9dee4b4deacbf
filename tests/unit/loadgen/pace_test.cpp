#include "pace.h"

#include <gtest/gtest.h>

namespace inlet53::loadgen {
namespace {

constexpr uint64_t kStart = 1'000'000'000'000;
constexpr uint64_t kSecond = 1'000'000'000;

TEST(Pace, SpacesQueriesEvenly) {
  const Pace pace(20'000, kStart);
  EXPECT_EQ(pace.due_ns(0), kStart);
  EXPECT_EQ(pace.due_ns(1), kStart + 50'000);
  EXPECT_EQ(pace.due_ns(20'000), kStart + kSecond);
}

TEST(Pace, DoesNotDriftWhenTheGapIsNoWholeNumber) {
  const Pace pace(30'000, kStart);
  EXPECT_NEAR(static_cast<double>(pace.due_ns(30'000 * 3600ULL) - kStart), 3600.0 * kSecond, 10);
}

TEST(Pace, TakesRatesBelowOne) { EXPECT_EQ(Pace(0.5, kStart).due_ns(3), kStart + 6 * kSecond); }

TEST(Pace, CountsLatencyFromTheSendingWhenThatWasInTime) {
  const Pace pace(1000, kStart);
  const uint64_t sent = kStart + 5 * Pace::kGraceNs + 300'000;
  EXPECT_FALSE(pace.is_behind(5, sent));
  EXPECT_EQ(pace.latency_start_ns(5, sent), sent);
}

TEST(Pace, CountsLatencyFromWhenItWasDueWhenTheSendingWasHeldUp) {
  const Pace pace(1000, kStart);
  const uint64_t sent = kStart + kSecond;
  EXPECT_TRUE(pace.is_behind(5, sent));
  EXPECT_EQ(pace.latency_start_ns(5, sent), kStart + 5'000'000);
}

}  // namespace
}  // namespace inlet53::loadgen
