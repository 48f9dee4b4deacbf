// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/random_octets.h"

#include <array>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

// For 256 equally likely counts the mean is 255 and the standard deviation 22.6. 400 is more than
// six deviations away; chance exceeds it about once in ten million runs.
double chi_square(const std::array<uint64_t, 256>& counts, double expected) {
  double sum = 0;
  for (const uint64_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

TEST(RandomOctets, AreSpreadEvenly) {
  RandomOctets random;
  std::array<uint64_t, 256> low{};
  std::array<uint64_t, 256> high{};
  std::array<uint64_t, 256> below{};
  constexpr size_t kDraws = 256 * 1000;
  for (size_t i = 0; i < kDraws; ++i) {
    const uint16_t number = random.u16();
    ++low[number & 0xFF];
    ++high[number >> 8];
    ++below[random.below(256)];
  }
  EXPECT_LT(chi_square(low, 1000), 400);
  EXPECT_LT(chi_square(high, 1000), 400);
  EXPECT_LT(chi_square(below, 1000), 400);
}

TEST(RandomOctets, StayBelowWhatIsAsked) {
  RandomOctets random;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(random.below(1), 0U);
    EXPECT_LT(random.below(3), 3U);
  }
}

TEST(RandomOctets, DoNotRepeat) {
  RandomOctets one;
  RandomOctets other;
  uint64_t previous = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t number = one.u64();
    EXPECT_NE(number, previous);
    EXPECT_NE(number, other.u64());
    previous = number;
  }
}

}  // namespace
}  // namespace inlet53
