// SPDX-License-Identifier: Apache-2.0
#include "server/waiting_queries.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

constexpr uint64_t kPatience = 2000;

struct IdleReplier final : Replier {
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return served;
  }
  void reply(const ReplyTo&, Bytes) override {}
  resolver::EndpointAddress served;
};

class WaitingQueriesTest : public ::testing::Test {
 protected:
  WaitingQuery& add(std::string_view client, uint64_t now_ms) {
    const std::array<uint8_t, 12> message{};
    return queries.add({&replier, 0, {*IpAddress::parse(client), 4242}, record::Transport::Udp},
                       message, {now_ms, 1});
  }

  IdleReplier replier;
  WaitingQueries queries{kPatience};
};

TEST_F(WaitingQueriesTest, EndAtTheirTimeInTheirOrder) {
  EXPECT_FALSE(queries.next_expiry_ms());
  WaitingQuery& first = add("10.0.0.1", 1000);
  WaitingQuery& second = add("10.0.0.1", 1500);
  EXPECT_EQ(queries.next_expiry_ms(), 3000U);
  EXPECT_EQ(queries.pop_expired(2999), nullptr);
  EXPECT_EQ(queries.pop_expired(3000), &first);
  EXPECT_EQ(queries.pop_expired(3000), nullptr) << "the second has time";
  EXPECT_EQ(queries.next_expiry_ms(), 3500U);
  EXPECT_EQ(queries.find(first.token()), &first) << "what is done with it is the caller's";
  queries.release(first);
  queries.release(second);
  EXPECT_EQ(queries.pop_expired(9000), nullptr);
}

TEST_F(WaitingQueriesTest, AnsweredOnesHaveNoTimeAnyMore) {
  WaitingQuery& first = add("10.0.0.1", 1000);
  queries.release(first);
  WaitingQuery& second = add("10.0.0.1", 1800);
  EXPECT_EQ(&second, &first) << "the slot is used again";
  EXPECT_EQ(queries.next_expiry_ms(), 3800U);
  EXPECT_EQ(queries.pop_expired(3000), nullptr) << "that was the one before";
}

TEST_F(WaitingQueriesTest, AreKnownByTokensOfTheirUse) {
  WaitingQuery& query = add("10.0.0.1", 1000);
  const uint64_t token = query.token();
  EXPECT_EQ(queries.find(token), &query);
  queries.release(query);
  EXPECT_EQ(queries.find(token), nullptr);
  add("10.0.0.1", 1000);
  EXPECT_EQ(queries.find(token), nullptr);
}

TEST_F(WaitingQueriesTest, KnowTheNetworkOfTheirClient) {
  EXPECT_EQ(add("10.0.0.1", 1).client, *IpAddress::parse("10.0.0.1"));
  EXPECT_EQ(add("2001:db8:0:1ff::2", 1).client, *IpAddress::parse("2001:db8:0:100::"))
      << "a /56 is one client";
  EXPECT_EQ(queries.add_refresh().client, IpAddress());
}

TEST_F(WaitingQueriesTest, MayBeReleasedWhileAllAreVisited) {
  for (int i = 0; i < 10; ++i) add("10.0.0.1", 1);
  size_t visited = 0;
  queries.for_each([&](WaitingQuery& query) {
    ++visited;
    queries.release(query);
  });
  EXPECT_EQ(visited, 10U);
  EXPECT_EQ(queries.size(), 0U);
}

TEST_F(WaitingQueriesTest, ARefreshHasNoClientAndNoTimeout) {
  WaitingQuery& refresh = queries.add_refresh();
  EXPECT_FALSE(queries.next_expiry_ms());
  EXPECT_EQ(queries.size(), 1U);
  queries.release(refresh);
  EXPECT_EQ(queries.size(), 0U);
}

TEST_F(WaitingQueriesTest, KeepNoRoomOfALongMessage) {
  const std::vector<uint8_t> message(60'000);
  WaitingQuery& query =
      queries.add({&replier, 0, {*IpAddress::parse("10.0.0.1"), 4242}, record::Transport::Tcp},
                  message, {1, 1});
  queries.release(query);
  EXPECT_LT(query.message.capacity(), 1000U);
}

TEST_F(WaitingQueriesTest, ForgetWhatTheUseBeforeHadGot) {
  WaitingQuery& query = add("10.0.0.1", 1);
  query.may_ask = false;
  query.questions = 7;
  query.octets = 1;
  query.targets = 1;
  query.failed.push_back({1, 2});
  queries.release(query);
  const WaitingQuery& next = add("10.0.0.2", 2);
  EXPECT_TRUE(next.may_ask && next.failed.empty() && next.kept.empty());
  EXPECT_EQ(next.questions, 0U);
  EXPECT_TRUE(next.octets == 0 && !next.targets);
}

}  // namespace
}  // namespace inlet53::server
