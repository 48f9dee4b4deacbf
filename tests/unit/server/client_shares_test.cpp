// SPDX-License-Identifier: Apache-2.0
#include "server/client_shares.h"

#include <map>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

IpAddress client(uint32_t number) {
  return *IpAddress::parse("10." + std::to_string(number >> 16 & 255) + "." +
                           std::to_string(number >> 8 & 255) + "." + std::to_string(number & 255));
}

TEST(MayHaveAnother, AClientThatIsAloneGetsNearlyAll) {
  uint64_t own = 0;
  while (may_have_another(own, own, 900)) ++own;
  EXPECT_EQ(own, 800U);
}

TEST(MayHaveAnother, TheClientWithTheMostIsRefusedFirst) {
  constexpr uint64_t kLimit = 900;
  uint64_t large = 800;
  uint64_t small = 0;
  EXPECT_FALSE(may_have_another(large, large + small, kLimit));
  while (may_have_another(small, large + small, kLimit)) ++small;
  EXPECT_GE(small, 80U);
  EXPECT_LT(large + small, kLimit) << "and a third finds a place";
  EXPECT_TRUE(may_have_another(0, large + small, kLimit));
}

TEST(MayHaveAnother, ManyClientsShareEvenly) {
  std::map<uint32_t, uint64_t> own;
  uint64_t used = 0;
  for (uint32_t turn = 0; turn < 100'000; ++turn) {
    uint64_t& mine = own[turn % 40];
    if (!may_have_another(mine, used, 2000)) continue;
    ++mine;
    ++used;
  }
  for (const auto& [who, count] : own) EXPECT_NEAR(static_cast<double>(count), 49, 3);
  EXPECT_TRUE(may_have_another(0, used, 2000)) << "for one more client";
}

TEST(MayHaveAnother, NobodyGetsMoreThanThereIs) {
  EXPECT_FALSE(may_have_another(0, 10, 10));
  EXPECT_FALSE(may_have_another(0, 11, 10));
  EXPECT_TRUE(may_have_another(0, 0, 1));
}

TEST(ClientShares, CountsByClientAndPart) {
  ClientShares shares;
  EXPECT_EQ(shares.use_of(client(1), 0).count, 0U);
  shares.add(client(1), 0, 100);
  shares.add(client(1), 0, 50);
  shares.add(client(1), 7);
  shares.add(*IpAddress::parse("2001:db8::"), 0, 9);
  EXPECT_EQ(shares.use_of(client(1), 0).count, 2U);
  EXPECT_EQ(shares.use_of(client(1), 0).octets, 150U);
  EXPECT_EQ(shares.use_of(client(1), 7).count, 1U);
  EXPECT_EQ(shares.use_of(*IpAddress::parse("2001:db8::"), 0).octets, 9U);
  EXPECT_EQ(shares.use_of(client(2), 0).count, 0U);
  EXPECT_EQ(shares.size(), 3U);
  shares.remove(client(1), 0, 100);
  EXPECT_EQ(shares.use_of(client(1), 0).octets, 50U);
  shares.remove(client(1), 0, 50);
  EXPECT_EQ(shares.use_of(client(1), 0).count, 0U);
  EXPECT_EQ(shares.size(), 2U);
}

TEST(ClientShares, AgreesWithAMapOverManyChanges) {
  ClientShares shares;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> expected;
  std::mt19937 random(53);  // NOLINT(cert-msc51-cpp): each run uses the same numbers
  for (int step = 0; step < 40'000; ++step) {
    const std::pair<uint32_t, uint32_t> key{random() % 300, random() % 3};
    const bool grows = step < 20'000 ? random() % 3 != 0 : random() % 3 == 0;
    if (grows) {
      shares.add(client(key.first), key.second, 3);
      ++expected[key];
    } else if (expected[key] > 0) {
      shares.remove(client(key.first), key.second, 3);
      --expected[key];
    }
    ASSERT_EQ(shares.use_of(client(key.first), key.second).count, expected[key]);
  }
  for (const auto& [key, count] : expected) {
    EXPECT_EQ(shares.use_of(client(key.first), key.second).octets, uint64_t{3} * count);
  }
}

TEST(ClientShares, GivesMemoryBack) {
  ClientShares shares;
  for (uint32_t i = 0; i < 30'000; ++i) shares.add(client(i), 0);
  EXPECT_GT(shares.memory_octets(), 1'000'000U);
  for (uint32_t i = 0; i < 30'000; ++i) shares.remove(client(i), 0);
  EXPECT_EQ(shares.size(), 0U);
  EXPECT_LT(shares.memory_octets(), 10'000U);
}

}  // namespace
}  // namespace inlet53::server
