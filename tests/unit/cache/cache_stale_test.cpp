// SPDX-License-Identifier: Apache-2.0

// Failures, stale answers (RFC 8767) and refreshes.
#include "test_response.h"
#include <gtest/gtest.h>

#include "inlet53/cache/cache.h"

namespace inlet53::cache {
namespace {

using dns::Rcode;
using dns::RRType;

class CacheStale : public testing::Test {
 protected:
  CacheStale() {
    answer_.a("www.test.", 60);
    denial_.soa("test.", 60, 60);
  }
  TestKey key_{"www.test."};
  TestResponse answer_;
  TestResponse denial_{Rcode::NXDomain};
  TestResponse failure_{Rcode::ServFail};
};

TEST_F(CacheStale, AnswersStaleWithAFixedTtlUntilItIsTooOld) {
  Cache cache({.max_stale = 100});
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 0));
  for (const uint64_t now : {60 * kSecond, 160 * kSecond - 1}) {
    const auto hit = cache.find(key_.get(), now);
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->freshness, Freshness::Stale);
    EXPECT_EQ(hit->ttl.fixed, 30U);
    EXPECT_EQ(rdata_of(*hit, key_.name()), "\x0A\1\2\3");
  }
  EXPECT_FALSE(cache.find(key_.get(), 160 * kSecond));
}

TEST_F(CacheStale, OneCallerAtATimeRefreshesAStaleAnswer) {
  Cache cache({});
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 0));
  EXPECT_TRUE(cache.find(key_.get(), 70'000)->refresh_due);
  EXPECT_FALSE(cache.find(key_.get(), 70'000)->refresh_due);
  EXPECT_FALSE(cache.find(key_.get(), 72'999)->refresh_due);
  EXPECT_TRUE(cache.find(key_.get(), 73'000)->refresh_due) << "the refresh brought nothing";
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 74'000));
  EXPECT_EQ(cache.find(key_.get(), 75'000)->freshness, Freshness::Fresh);
}

TEST_F(CacheStale, KeepsUsableAnswersWhenTheTargetsFail) {
  Cache cache({.failure_ttl = 1});
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 0));
  EXPECT_TRUE(cache.find(key_.get(), 70'000)->refresh_due);
  EXPECT_FALSE(cache.insert(key_.get(), failure_.get(), 72'000));
  const auto hit = cache.find(key_.get(), 76'999);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->freshness, Freshness::Stale);
  EXPECT_FALSE(hit->refresh_due) << "tried a moment ago";
  EXPECT_TRUE(cache.find(key_.get(), 77'000)->refresh_due);
}

TEST_F(CacheStale, KeepsAFreshAnswerWhenARefreshFails) {
  Cache cache({});
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 0));
  EXPECT_FALSE(cache.insert(key_.get(), failure_.get(), 55'000));
  EXPECT_EQ(cache.find(key_.get(), 56'000)->response.rcode(), Rcode::NoError);
}

TEST_F(CacheStale, KeepsADenialWhenTheTargetsFailForAnotherType) {
  Cache cache({});
  ASSERT_TRUE(cache.insert(key_.get(), denial_.get(), 0));
  const TestKey text("www.test.", RRType::TXT);
  EXPECT_FALSE(cache.insert(text.get(), failure_.get(), 70'000));
  EXPECT_EQ(cache.find(text.get(), 70'000)->response.rcode(), Rcode::NXDomain);
}

TEST_F(CacheStale, KeepsAFailureForAShortTimeAndNeverStale) {
  Cache cache({.failure_ttl = 5});
  ASSERT_TRUE(cache.insert(key_.get(), failure_.get(), 0));
  EXPECT_EQ(cache.find(key_.get(), 4999)->response.rcode(), Rcode::ServFail);
  EXPECT_FALSE(cache.find(key_.get(), 4999)->refresh_due);
  EXPECT_FALSE(cache.find(key_.get(), 5000));
  EXPECT_FALSE(cache.find(TestKey("www.test.", RRType::TXT).get(), 0));
}

TEST_F(CacheStale, KeepsConsecutiveFailuresForLonger) {
  Cache cache({.failure_ttl = 5});
  uint64_t now = 0;
  for (const uint32_t expected : {5, 10, 20, 30, 30}) {
    ASSERT_TRUE(cache.insert(key_.get(), failure_.get(), now));
    now += expected * kSecond;
    EXPECT_TRUE(cache.find(key_.get(), now - 1)) << expected;
    EXPECT_FALSE(cache.find(key_.get(), now)) << expected;
  }
  now += 30 * kSecond;  // not consecutive after this time
  ASSERT_TRUE(cache.insert(key_.get(), failure_.get(), now));
  EXPECT_FALSE(cache.find(key_.get(), now + 5 * kSecond));
}

TEST_F(CacheStale, KeepsFailuresForAtMostTheConfiguredTime) {
  const auto second_lasts = [&](const settings::Cache& settings) {
    Cache cache(settings);
    const uint64_t first = settings.failure_ttl * kSecond;
    EXPECT_TRUE(cache.insert(key_.get(), failure_.get(), 0));
    EXPECT_TRUE(cache.insert(key_.get(), failure_.get(), first));
    uint64_t seconds = 0;
    while (cache.find(key_.get(), first + seconds * kSecond)) ++seconds;
    return seconds;
  };
  EXPECT_EQ(second_lasts({.failure_ttl = 5, .max_failure_ttl = 7}), 7U);
  EXPECT_EQ(second_lasts({.failure_ttl = 40, .max_failure_ttl = 300}), 80U);
  EXPECT_EQ(second_lasts({.failure_ttl = 40, .max_failure_ttl = 10}), 40U);
}

TEST_F(CacheStale, AnAnswerEndsConsecutiveFailures) {
  Cache cache({.failure_ttl = 5});
  ASSERT_TRUE(cache.insert(key_.get(), failure_.get(), 0));
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 1000));
  EXPECT_EQ(cache.find(key_.get(), 1000)->response.rcode(), Rcode::NoError);
}

TEST_F(CacheStale, TreatsOtherRcodesAsFailures) {
  Cache cache({.failure_ttl = 5});
  TestResponse refused(Rcode::Refused);
  refused.a("www.test.", 600);
  ASSERT_TRUE(cache.insert(key_.get(), refused.get(), 0));
  const auto hit = cache.find(key_.get(), 0);
  EXPECT_EQ(hit->response.rcode(), Rcode::Refused);
  EXPECT_EQ(hit->response.answer_count(), 0U);
  EXPECT_FALSE(cache.find(key_.get(), 5000));
}

TEST_F(CacheStale, PrefersAFreshDenialToAStaleAnswer) {
  Cache cache({});
  TestResponse lasting(Rcode::NXDomain);
  lasting.soa("test.", 600, 600);
  // The denial does not remove the answer, which is still fresh then.
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 0));
  ASSERT_TRUE(cache.insert(TestKey("www.test.", RRType::TXT).get(), lasting.get(), 30'000));
  EXPECT_EQ(cache.find(key_.get(), 59'000)->response.rcode(), Rcode::NoError);
  EXPECT_EQ(cache.find(key_.get(), 61'000)->response.rcode(), Rcode::NXDomain);
}

TEST_F(CacheStale, RefreshesAPopularNameInItsLastTenth) {
  Cache cache({});
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 0));
  EXPECT_FALSE(cache.find(key_.get(), 1000)->refresh_due);
  EXPECT_FALSE(cache.find(key_.get(), 55'000)->refresh_due) << "asked twice";
  EXPECT_TRUE(cache.find(key_.get(), 55'000)->refresh_due) << "asked three times";
  EXPECT_FALSE(cache.find(key_.get(), 55'000)->refresh_due) << "one at a time";
  EXPECT_FALSE(cache.find(key_.get(), 57'999)->refresh_due);
  EXPECT_TRUE(cache.find(key_.get(), 58'000)->refresh_due) << "patience is over";
}

TEST_F(CacheStale, DoesNotRefreshBeforeTheLastTenthOrRareNamesOrWhenOff) {
  Cache cache({});
  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 0));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(cache.find(key_.get(), 53'999)->refresh_due);
  EXPECT_TRUE(cache.find(key_.get(), 54'000)->refresh_due);

  ASSERT_TRUE(cache.insert(key_.get(), answer_.get(), 60'000));
  EXPECT_FALSE(cache.find(key_.get(), 115'000)->refresh_due) << "asked once in this life";

  Cache off({.prefetch = false});
  ASSERT_TRUE(off.insert(key_.get(), answer_.get(), 0));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(off.find(key_.get(), 59'000)->refresh_due);
}

}  // namespace
}  // namespace inlet53::cache
