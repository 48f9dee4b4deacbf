// SPDX-License-Identifier: Apache-2.0

// Queries over TCP to a target on loopback that answers some or none of them.
#include "stream_exchange.h"

#include "script.h"
#include "target_server.h"
#include <gtest/gtest.h>

namespace inlet53::forward {
namespace {

class StreamExchangeTest : public ::testing::Test, public StreamExchangeOwner {
 protected:
  StreamExchangeTest() : target(loop), exchange(loop, {.response_timeout_ms = 1000}, *this) {
    exchange.add_target(0, target.target(), {});
  }
  void received_on_stream(uint64_t token, Bytes, const SocketAddress&) override {
    answered.push_back(token);
    if (on_answer) on_answer();
  }
  void stream_failed(uint64_t token) override { failed.push_back(token); }

  void send(const std::string& qname, uint64_t token) {
    TargetQuery query;
    query.assign(name(qname).view(), 1, 1232, random);
    std::array<uint8_t, TargetQuery::kMaxSize> message;
    exchange.send(0, {message.data(), query.compose({.random_case = false}, message.data())},
                  token);
  }

  net::Loop loop;
  RandomBytes random;
  TargetServer target;
  std::vector<uint64_t> answered, failed;
  std::function<void()> on_answer;
  StreamExchange exchange;
};

TEST_F(StreamExchangeTest, AQueryThatIsNotAnsweredFailsAndLeavesTheConnectionToOthers) {
  target.dropped_on_streams = "bad";
  send("bad.example.", 1);
  uint64_t next = 2;
  // The connection receives answers all the time.
  on_answer = [&] { send("good.example.", next++); };
  send("good.example.", next++);
  ASSERT_TRUE(net::run_until(loop, [&] { return !failed.empty(); }));
  EXPECT_EQ(failed, std::vector<uint64_t>{1});
  const size_t before = answered.size();
  ASSERT_TRUE(net::run_until(loop, [&] { return answered.size() > before + 10; }));
  EXPECT_EQ(target.connections, 1U);
}

// A firewall has lost the state of the connection and drops all data.
TEST_F(StreamExchangeTest, AConnectionThatBringsNothingIsClosedWhileQueriesGoOnComing) {
  send("good.example.", 1);
  ASSERT_TRUE(net::run_until(loop, [&] { return answered.size() == 1; }));
  target.dropped_on_streams = "example";
  uint64_t next = 2;
  net::Timer sender(loop, [&] { send("good.example.", next++); });
  sender.start(0, 50);
  // The first query has timed out, and a new connection has replaced this one.
  ASSERT_TRUE(net::run_until(
      loop, [&] { return std::ranges::count(failed, 2U) == 1 && target.connections >= 2; }));
  target.dropped_on_streams.clear();
  ASSERT_TRUE(net::run_until(loop, [&] { return answered.size() > 10; }));
}

}  // namespace
}  // namespace inlet53::forward
