// SPDX-License-Identifier: Apache-2.0
#include "test_response.h"
#include <gtest/gtest.h>
#include <malloc.h>

#include "inlet53/cache/cache.h"

namespace inlet53::cache {
namespace {

constexpr size_t kMebi = size_t{1} << 20;

std::string numbered(uint32_t number, const char* below) {
  return "n" + std::to_string(number) + "." + below;
}

void keep(Cache& cache, const std::string& owner, uint64_t now = 0) {
  TestResponse response;
  response.a(owner, 3600);
  ASSERT_TRUE(cache.insert(TestKey(owner).get(), response.get(), now));
}

bool ask(Cache& cache, const std::string& owner, uint64_t now = 0) {
  return cache.find(TestKey(owner).get(), now).has_value();
}

TEST(CacheEviction, StaysWithinItsSize) {
  for (const size_t octets : {kMinOctets, kMebi + 12'345, 4 * kMebi}) {
    Cache cache({.octets = octets});
    EXPECT_LE(cache.memory_octets(), octets);
    EXPECT_GE(cache.memory_octets() + 4096, octets);
    for (uint32_t i = 0; i < 50'000; ++i) {
      keep(cache, numbered(i, "test."));
      ASSERT_LE(cache.counts().octets, cache.memory_octets());
    }
    EXPECT_GT(cache.counts().evicted, 0U);
    EXPECT_EQ(cache.counts().inserted - cache.counts().evicted, cache.counts().entries);
  }
}

TEST(CacheEviction, DoesNotAllocateAfterConstruction) {
  Cache cache({.octets = kMebi});
  const TestKey key("www.test.");
  TestResponse response;
  response.a("www.test.", 60);
  const CacheKey borrowed = key.get();
  const ReceivedResponse received = response.get();
  const size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(cache.insert(borrowed, received, 0));
    ASSERT_TRUE(cache.find(borrowed, 0).has_value());
  }
  EXPECT_EQ(mallinfo2().uordblks, before);
}

TEST(CacheEviction, UsesItsSpaceBeforeItDropsEntries) {
  Cache cache({.octets = kMebi});
  for (uint32_t i = 0; cache.counts().octets < kMebi * 7 / 10; ++i) {
    keep(cache, numbered(i, "test."));
    ASSERT_LT(cache.counts().evicted * 50, cache.counts().inserted + 50) << "over one in 50";
  }
}

TEST(CacheEviction, KeepsPopularEntriesDuringAScan) {
  Cache cache({.octets = kMebi});
  constexpr uint32_t kHot = 1000;
  for (uint32_t round = 0; round < 4; ++round) {
    for (uint32_t i = 0; i < kHot; ++i) {
      if (!ask(cache, numbered(i, "hot.test."))) keep(cache, numbered(i, "hot.test."));
    }
  }
  for (uint32_t i = 0; i < 100'000; ++i) keep(cache, numbered(i, "scan.test."));
  uint32_t left = 0;
  for (uint32_t i = 0; i < kHot; ++i) left += ask(cache, numbered(i, "hot.test.")) ? 1 : 0;
  EXPECT_GT(left, kHot * 9 / 10);
}

TEST(CacheEviction, MovesANameToTheLargeRingWhenItReturnsAfterItWasDropped) {
  Cache cache({.octets = kMebi});
  uint32_t scanned = 0;
  const auto scan = [&](uint32_t names) {
    for (const uint32_t end = scanned + names; scanned < end; ++scanned) {
      keep(cache, numbered(scanned, "scan.test."));
    }
  };
  scan(20'000);  // full
  keep(cache, "back.test.");
  scan(1200);  // more than the small ring has room for, less than the remembered fingerprints
  ASSERT_FALSE(ask(cache, "back.test."));
  keep(cache, "back.test.");
  scan(1200);
  EXPECT_TRUE(ask(cache, "back.test."));
}

TEST(CacheEviction, FillsOnlyOneBucketWithAllTypesOfOneName) {
  Cache cache({.octets = kMebi});
  for (uint32_t i = 0; i < 500; ++i) keep(cache, numbered(i, "test."));
  TestResponse no_data;
  no_data.soa("test.", 60, 60);
  for (uint32_t qtype = 1; qtype < 3000; ++qtype) {
    const TestKey key("victim.test.", static_cast<dns::RRType>(qtype));
    ASSERT_TRUE(cache.insert(key.get(), no_data.get(), 0));
  }
  uint32_t left = 0;
  for (uint32_t i = 0; i < 500; ++i) left += ask(cache, numbered(i, "test.")) ? 1 : 0;
  EXPECT_GE(left, 500U - 8);
}

TEST(CacheEviction, DropsExpiredEntriesFirst) {
  Cache cache({.octets = kMebi, .max_stale = 0});
  // In one bucket: eight types of one name; the one with the most queries expires first.
  TestResponse ends;
  ends.a("www.test.", 10);
  TestResponse lasts;
  lasts.a("www.test.", 3600);
  const auto key = [](uint16_t qtype) { return TestKey("www.test.", dns::RRType{qtype}); };
  for (uint16_t qtype = 1; qtype <= 8; ++qtype) {
    ASSERT_TRUE(cache.insert(key(qtype).get(), (qtype == 3 ? ends : lasts).get(), 0));
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(cache.find(key(3).get(), 0));
  ASSERT_TRUE(cache.insert(key(9).get(), lasts.get(), 20 * kSecond));
  for (uint16_t qtype = 1; qtype <= 9; ++qtype) {
    EXPECT_EQ(qtype != 3, cache.find(key(qtype).get(), 20 * kSecond).has_value()) << qtype;
  }
}

}  // namespace
}  // namespace inlet53::cache
