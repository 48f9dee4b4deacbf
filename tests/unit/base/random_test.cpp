// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/random.h"

#include <array>
#include <regex>
#include <set>
#include <string>

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

TEST(RandomBytes, AreSpreadEvenly) {
  RandomBytes random;
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

TEST(RandomBytes, StayBelowTheCount) {
  RandomBytes random;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(random.below(1), 0U);
    EXPECT_LT(random.below(3), 3U);
  }
}

TEST(RandomBytes, DoNotRepeat) {
  RandomBytes one;
  RandomBytes other;
  uint64_t previous = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t number = one.u64();
    EXPECT_NE(number, previous);
    EXPECT_NE(number, other.u64());
    previous = number;
  }
}

TEST(Uuid, IsRandomAndOfVersion4) {
  const std::regex shape("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    EXPECT_TRUE(std::regex_match(uuid, shape)) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(RandomHex, HasTheDigitsAskedFor) {
  EXPECT_EQ(random_hex(0), "");
  for (const size_t digits : {1U, 24U, 32U, 64U}) {
    const std::string hex = random_hex(digits);
    EXPECT_EQ(hex.size(), digits);
    EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

}  // namespace
}  // namespace inlet53
