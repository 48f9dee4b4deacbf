// SPDX-License-Identifier: Apache-2.0
#include "pending_calls.h"

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

constexpr uint64_t kPatienceMs = 60'000;

/// Integration that records its calls.
struct FakeIntegration final : Integration {
  [[nodiscard]] bool needs_body() const noexcept override { return true; }
  [[nodiscard]] std::variant<IntegrationResult, Ticket> start(Call&) override { return Ticket{0}; }
  void forget(Ticket ticket) override { forgotten.push_back(ticket); }
  bool cancel(Ticket ticket) override {
    cancelled.push_back(ticket);
    return drops;
  }

  std::vector<Ticket> forgotten;
  std::vector<Ticket> cancelled;
  bool drops = false;
};

class PendingCallsTest : public testing::Test {
 protected:
  void add(http::StreamId stream, uint32_t timeout_ms = 29000) {
    topology::Method& method = *methods.emplace_back(std::make_unique<topology::Method>());
    method.integration.timeout_ms = timeout_ms;
    auto call = std::make_unique<Call>();
    call->id = {1, stream};
    call->route.method = &method;
    call->integration = &integration;
    pending.add(std::move(call), 100 + stream);
  }
  [[nodiscard]] bool wait_for_overdue(size_t count) {
    net::Timer look(loop, [&] {
      if (overdue.size() >= count) loop.stop();
    });
    net::Timer patience(loop, [&] { loop.stop(); });
    look.start(0, 1);
    patience.start(kPatienceMs);
    loop.run();
    return overdue.size() >= count;
  }

  net::Loop loop;
  FakeIntegration integration;
  std::vector<std::unique_ptr<topology::Method>> methods;
  std::vector<http::StreamId> overdue;
  PendingCalls pending{loop,
                       [this](std::unique_ptr<Call> call) { overdue.push_back(call->id.stream); }};
};

TEST_F(PendingCallsTest, GivesACallBackOnce) {
  add(1);
  add(3);
  EXPECT_EQ(pending.size(), 2U);
  const auto call = pending.remove({1, 1});
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->id, (CallId{1, 1}));
  EXPECT_EQ(pending.remove({1, 1}), nullptr);
  EXPECT_EQ(pending.remove({2, 3}), nullptr);
  EXPECT_EQ(pending.size(), 1U);
  EXPECT_TRUE(integration.forgotten.empty());
}

TEST_F(PendingCallsTest, EndsCallsInTheOrderOfTheirDeadlines) {
  add(1, 60);
  add(3, 20);
  add(5, 40);
  add(7);  // its deadline is later
  ASSERT_TRUE(wait_for_overdue(3));
  EXPECT_EQ(overdue, (std::vector<http::StreamId>{3, 5, 1}));
  EXPECT_EQ(integration.forgotten, (std::vector<Integration::Ticket>{103, 105, 101}));
  EXPECT_EQ(pending.size(), 1U);
}

TEST_F(PendingCallsTest, WatchesTheNextDeadlineWhenTheEarliestIsGone) {
  add(1, 10);
  add(3, 30);
  EXPECT_NE(pending.remove({1, 1}), nullptr);
  ASSERT_TRUE(wait_for_overdue(1));
  EXPECT_EQ(overdue, (std::vector<http::StreamId>{3}));
  // A second round.
  add(5, 10);
  ASSERT_TRUE(wait_for_overdue(2));
}

TEST_F(PendingCallsTest, CancelsACallThatTheIntegrationDrops) {
  add(1);
  EXPECT_EQ(pending.cancel({1, 1}), nullptr);
  EXPECT_EQ(pending.size(), 1U);
  integration.drops = true;
  EXPECT_NE(pending.cancel({1, 1}), nullptr);
  EXPECT_EQ(pending.size(), 0U);
  EXPECT_EQ(pending.cancel({1, 1}), nullptr);
  EXPECT_EQ(integration.cancelled, (std::vector<Integration::Ticket>{101, 101}));
  EXPECT_TRUE(integration.forgotten.empty());
}

}  // namespace
}  // namespace inlet53::gateway
