// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/query_limits.h"

#include <string>

#include "server_support.h"
#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

// Any time except 0.
constexpr uint64_t kStart = 5'000'000;

size_t admitted(RateLimiter& limiter, std::string_view key, Rate rate, size_t count,
                uint64_t now_ms) {
  size_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += limiter.allow(as_bytes(key), rate, now_ms) ? 1 : 0;
  return sum;
}

TEST(RateLimiter, LetsABurstThroughAndThenTheRate) {
  RateLimiter limiter;
  const Rate rate{100, 20};
  EXPECT_EQ(admitted(limiter, "a", rate, 50, kStart), 20U);
  EXPECT_EQ(admitted(limiter, "a", rate, 50, kStart + 9), 0U);
  EXPECT_EQ(admitted(limiter, "a", rate, 50, kStart + 10), 1U);
  EXPECT_EQ(admitted(limiter, "a", rate, 50, kStart + 60), 5U);
  EXPECT_EQ(admitted(limiter, "a", rate, 50, kStart + 10'000), 20U) << "no more than a burst";
}

TEST(RateLimiter, WhatWasRefusedIsNotCounted) {
  RateLimiter limiter;
  const Rate rate{1000, 1};
  for (uint64_t ms = 0; ms < 100; ++ms) {
    EXPECT_EQ(admitted(limiter, "a", rate, 1000, kStart + ms), 1U);
  }
}

TEST(RateLimiter, KeysDoNotPayForEachOther) {
  RateLimiter limiter;
  const Rate rate{10, 10};
  for (int busy = 0; busy < 200; ++busy) {
    EXPECT_EQ(admitted(limiter, "busy " + std::to_string(busy), rate, 30, kStart), 10U);
  }
  EXPECT_EQ(admitted(limiter, "quiet", rate, 10, kStart), 10U);
}

// Only the emptiest place counts; otherwise events of other keys would count for a key.
TEST(RateLimiter, ManyKeysDoNotFillItUp) {
  RateLimiter limiter;
  const Rate rate{10, 10};
  for (int other = 0; other < 50'000; ++other) {
    static_cast<void>(limiter.allow(as_bytes("other " + std::to_string(other)), rate, kStart));
  }
  EXPECT_GE(admitted(limiter, "quiet", rate, 10, kStart), 5U);
}

class QueryLimitsTest : public ::testing::Test {
 protected:
  size_t admitted(QueryLimits& on, size_t address, std::string_view client, size_t count,
                  uint64_t now_ms = kStart) {
    size_t sum = 0;
    for (size_t i = 0; i < count; ++i) {
      sum += on.allow(state->addresses[address], *IpAddress::parse(client), now_ms) ? 1 : 0;
    }
    return sum;
  }
  /// Counts queries over one second, with this number per millisecond.
  size_t admitted_in_a_second(QueryLimits& on, size_t address, size_t a_millisecond) {
    size_t sum = 0;
    for (uint64_t ms = 0; ms < 1000; ++ms) {
      sum += admitted(on, address, "10.0.0.1", a_millisecond, kStart + ms);
    }
    return sum;
  }

  std::shared_ptr<resolver::ResolverState> state = [] {
    auto made = std::make_shared<resolver::ResolverState>(
        *make_state({*SocketAddress::parse("127.0.0.1:53"), *SocketAddress::parse("127.0.0.2:53")},
                    "10.0.0.1"));
    made->addresses[0].interface_id = "rni-1";
    made->addresses[1].interface_id = "rni-2";
    made->addresses[1].tracked = true;
    return made;
  }();
  settings::Limits limits;
};

TEST_F(QueryLimitsTest, NothingIsLimitedUnlessAsked) {
  EXPECT_EQ(QueryLimits::make(limits), nullptr);
}

TEST_F(QueryLimitsTest, AnEndpointAddressHasAwsQuotas) {
  limits.aws_quotas = true;
  const auto made = QueryLimits::make(limits);
  const size_t first_second = admitted_in_a_second(*made, 0, 20);
  EXPECT_NEAR(static_cast<double>(first_second), 11'000, 10) << "10,000 and a tenth at once";
  EXPECT_NEAR(static_cast<double>(admitted_in_a_second(*made, 1, 20)), 1'650, 2);
}

TEST_F(QueryLimitsTest, AClientIsLimitedAtAllAddressesTogether) {
  limits.queries_per_client = 30;
  const auto made = QueryLimits::make(limits);
  EXPECT_EQ(admitted(*made, 0, "10.0.0.1", 20), 20U);
  EXPECT_EQ(admitted(*made, 1, "10.0.0.1", 20), 10U);
  EXPECT_EQ(admitted(*made, 1, "10.0.0.2", 20), 20U) << "another client";
}

TEST_F(QueryLimitsTest, AnIpv6ClientIsItsNetwork) {
  limits.queries_per_client = 30;
  const auto made = QueryLimits::make(limits);
  EXPECT_EQ(admitted(*made, 0, "2001:db8:1:200::1", 20), 20U);
  EXPECT_EQ(admitted(*made, 0, "2001:db8:1:2ff:ffff::9", 20), 10U);
  EXPECT_EQ(admitted(*made, 0, "2001:db8:1:300::1", 20), 20U);
}

TEST_F(QueryLimitsTest, SomeClientsAreNotLimited) {
  limits.queries_per_client = 30;
  limits.unlimited_clients = {*Cidr::parse("10.1.0.0/16")};
  const auto made = QueryLimits::make(limits);
  EXPECT_EQ(admitted(*made, 0, "10.1.2.3", 500), 500U);
  EXPECT_EQ(admitted(*made, 0, "10.2.2.3", 500), 30U);
}

TEST_F(QueryLimitsTest, WhatAClientHasUsedUpDoesNotCountForTheAddress) {
  limits.queries_per_client = 100;
  limits.aws_quotas = true;
  const auto made = QueryLimits::make(limits);
  EXPECT_EQ(admitted(*made, 1, "10.0.0.1", 5'000), 100U);
  EXPECT_EQ(admitted(*made, 1, "10.0.0.2", 50), 50U) << "150 may come at once";
}

}  // namespace
}  // namespace inlet53::server
