// SPDX-License-Identifier: Apache-2.0
#include "inlet53/loadgen/report.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::loadgen {

namespace {

constexpr double kShares[] = {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0};

// The smallest value that `share` of the values do not exceed.
uint64_t exact_percentile(const std::vector<uint64_t>& sorted, double share) {
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<size_t>(rank, 1) - 1];
}

TEST(LatencyHistogram, PercentilesAreLessThanOnePercentTooHigh) {
  std::mt19937_64 random(53);
  // From 1 µs to 10 s, each power of ten as often as the others.
  std::uniform_real_distribution<double> exponent(3, 10);
  LatencyHistogram histogram;
  std::vector<uint64_t> values(20'000);
  for (uint64_t& value : values) {
    value = static_cast<uint64_t>(std::pow(10, exponent(random)));
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double share : kShares) {
    const uint64_t exact = exact_percentile(values, share);
    EXPECT_GE(histogram.percentile(share), exact) << share;
    EXPECT_LT(static_cast<double>(histogram.percentile(share)), 1.01 * static_cast<double>(exact))
        << share;
  }
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(LatencyHistogram, EveryBucketEndsWhereTheNextBegins) {
  for (size_t i = 0; i + 1 < LatencyHistogram::kBuckets; ++i) {
    LatencyHistogram histogram;
    histogram.record(LatencyHistogram::upper_end(i));
    histogram.record(LatencyHistogram::upper_end(i) + 1);
    ASSERT_EQ(histogram.bucket(i), 1U) << i;
    ASSERT_EQ(histogram.bucket(i + 1), 1U) << i;
  }
}

TEST(LatencyHistogram, CountsWhatIsBeyondItsEndInTheLastBucket) {
  LatencyHistogram histogram;
  histogram.record(uint64_t{1} << 40);
  EXPECT_EQ(histogram.bucket(LatencyHistogram::kBuckets - 1), 1U);
  EXPECT_EQ(histogram.max(), uint64_t{1} << 40);
}

TEST(LatencyHistogram, MeanIsExact) {
  LatencyHistogram histogram;
  for (const uint64_t value : {1'000'001, 2'000'003, 3'000'005}) histogram.record(value);
  EXPECT_DOUBLE_EQ(histogram.mean(), 2'000'003.0);
  EXPECT_EQ(histogram.count(), 3U);
}

TEST(LatencyHistogram, EmptyIsZeroThroughout) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
  EXPECT_EQ(histogram.percentile(0.5), 0U);
}

}  // namespace

}  // namespace inlet53::loadgen
