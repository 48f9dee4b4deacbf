// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/body_budget.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::http {
namespace {

IpAddress client(uint8_t number) {
  const uint8_t bytes[] = {10, 0, 0, number};
  return IpAddress::from_bytes(bytes);
}

/// Body that records its calls.
struct Body final : BodyWaiter {
  void room_granted(BodyCharge&& more) override {
    charge.add(std::move(more));
    granted = true;
  }
  void room_denied() override { denied = true; }

  BodyCharge charge;
  BodyWait wait;
  bool granted = false;
  bool denied = false;
};

struct BodyBudgetTest : testing::Test {
  ~BodyBudgetTest() override {
    for (BodyAccount* const account : accounts) budget->close(*account);
  }
  void make(const BodyBudget::Limits& limits) {
    budget.emplace(limits);
    budget->set_wake([this] { ++wakes; });
  }
  BodyAccount& open(uint8_t number) {
    accounts.push_back(&budget->open(client(number)));
    return *accounts.back();
  }
  bool charge_or_wait(BodyAccount& account, uint64_t bytes, Body& body, uint64_t now = 0) {
    return budget->charge_or_wait(account, bytes, body.charge, body, body.wait, now);
  }

  std::optional<BodyBudget> budget;
  std::vector<BodyAccount*> accounts;
  int wakes = 0;
};

TEST_F(BodyBudgetTest, ChargesAndReleases) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  BodyCharge charge;
  EXPECT_TRUE(budget->try_charge(one, 0, charge));
  EXPECT_EQ(charge.bytes(), 0U);
  EXPECT_TRUE(budget->try_charge(one, 300, charge));
  EXPECT_TRUE(budget->try_charge(one, 100, charge));
  EXPECT_FALSE(budget->try_charge(one, 1, charge));
  EXPECT_EQ(charge.bytes(), 400U);
  EXPECT_EQ(budget->counts().bytes, 400U);
  charge.shrink_to(150);
  EXPECT_EQ(budget->counts().bytes, 150U);
  BodyCharge moved = std::move(charge);
  EXPECT_EQ(charge.bytes(), 0U);  // NOLINT: the moved-from state is defined
  const BodyCharge copy = moved;  // a copy holds nothing
  EXPECT_EQ(copy.bytes(), 0U);
  EXPECT_EQ(budget->counts().bytes, 150U);
  moved.release();
  EXPECT_EQ(budget->counts().bytes, 0U);
}

TEST_F(BodyBudgetTest, OneClientHasOneAccount) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  EXPECT_EQ(&open(1), &one);
  EXPECT_NE(&open(2), &one);
}

TEST_F(BodyBudgetTest, AChargeOutlivesItsConnections) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyCharge charge;
  {
    BodyAccount& gone = budget->open(client(1));
    ASSERT_TRUE(budget->try_charge(gone, 300, charge));
    budget->close(gone);
  }
  BodyCharge more;
  EXPECT_FALSE(budget->try_charge(open(1), 200, more));  // the same client requests more
  charge.release();
  EXPECT_TRUE(budget->try_charge(*accounts[0], 200, more));
}

TEST_F(BodyBudgetTest, ClientsThatTakeAllTheyGetLeaveRoomForOthers) {
  make({.total = 1 << 20, .per_client = 1 << 20, .wait_ms = 10});
  std::vector<BodyCharge> charges(10);
  for (uint8_t greedy = 0; greedy < 8; ++greedy) {
    BodyAccount& account = open(greedy);
    while (budget->try_charge(account, 64, charges[greedy])) {
    }
    EXPECT_GT(charges[greedy].bytes(), 0U);
  }
  // Half for the first, a quarter for the second, …
  EXPECT_LE(charges[0].bytes(), uint64_t{1} << 19);
  EXPECT_GE(charges[0].bytes(), (uint64_t{1} << 19) - 64);
  EXPECT_TRUE(budget->try_charge(open(100), 1000, charges[8]));
}

TEST_F(BodyBudgetTest, WhatDoesNotFitWaitsForRoom) {
  constexpr uint64_t kMany = 2000;
  make({.total = 1000 * kMany, .per_client = 400 * kMany, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body first;
  Body second;
  Body third;
  ASSERT_TRUE(charge_or_wait(one, 300 * kMany, first));
  EXPECT_FALSE(charge_or_wait(one, 200 * kMany, second));
  // It would fit, but another body is first.
  EXPECT_FALSE(charge_or_wait(one, 50 * kMany, third));
  EXPECT_EQ(budget->counts().waited, 2U);
  budget->grant();
  EXPECT_FALSE(second.granted);
  const int before = wakes;
  first.charge.release();
  EXPECT_EQ(wakes, before + 1);
  EXPECT_FALSE(second.granted);  // not within the release
  budget->grant();
  EXPECT_TRUE(second.granted);
  EXPECT_TRUE(third.granted);
  EXPECT_EQ(budget->counts().bytes, 250 * kMany);
  EXPECT_FALSE(budget->has_waiters());
}

TEST_F(BodyBudgetTest, ASmallBodyDoesNotWaitBehindALargeOne) {
  constexpr uint64_t kSmall = BodyBudget::kSmallBody;
  make({.total = 100 * kSmall, .per_client = 10 * kSmall, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body holds;
  Body large;
  Body small;
  Body larger_than_small;
  Body does_not_fit;
  ASSERT_TRUE(charge_or_wait(one, 8 * kSmall, holds));
  EXPECT_FALSE(charge_or_wait(one, 9 * kSmall, large));
  EXPECT_FALSE(charge_or_wait(one, kSmall + 1, larger_than_small));
  EXPECT_TRUE(charge_or_wait(one, kSmall, small));
  EXPECT_TRUE(charge_or_wait(one, kSmall - 10, small));
  EXPECT_FALSE(charge_or_wait(one, 11, does_not_fit));
  small.charge.release();
  holds.charge.release();
  budget->grant();
  EXPECT_TRUE(large.granted);
}

TEST_F(BodyBudgetTest, AClientThatWaitsForItsOwnShareHoldsUpNobodyElse) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyCharge held;
  ASSERT_TRUE(budget->try_charge(open(1), 400, held));
  std::vector<Body> waiting(3);
  for (Body& body : waiting) EXPECT_FALSE(charge_or_wait(*accounts[0], 100, body));
  Body other;
  EXPECT_TRUE(charge_or_wait(open(2), 200, other));
}

TEST_F(BodyBudgetTest, WhatHasWaitedForTooLongIsDenied) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body holds;
  Body early;
  Body late;
  ASSERT_TRUE(charge_or_wait(one, 400, holds));
  EXPECT_FALSE(charge_or_wait(one, 100, early, 100));
  EXPECT_FALSE(charge_or_wait(one, 100, late, 105));
  budget->deny_overdue(109);
  EXPECT_FALSE(early.denied);
  budget->deny_overdue(110);
  EXPECT_TRUE(early.denied);
  EXPECT_FALSE(late.denied);
  budget->deny_overdue(115);
  EXPECT_TRUE(late.denied);
  EXPECT_EQ(budget->counts().denied, 2U);
  EXPECT_FALSE(budget->has_waiters());
}

TEST_F(BodyBudgetTest, AWaitThatIsGoneGetsNothing) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body holds;
  ASSERT_TRUE(charge_or_wait(one, 400, holds));
  {
    Body gone;
    EXPECT_FALSE(charge_or_wait(one, 100, gone));
    EXPECT_TRUE(budget->has_waiters());
  }
  EXPECT_FALSE(budget->has_waiters());
  holds.charge.release();
  budget->grant();
  EXPECT_EQ(budget->counts().bytes, 0U);
}

TEST_F(BodyBudgetTest, GrantsManyInSeveralTurns) {
  make({.total = 100000, .per_client = 50000, .wait_ms = 10});
  BodyCharge held;
  ASSERT_TRUE(budget->try_charge(open(1), 50000, held));
  std::vector<Body> bodies(500);
  for (Body& body : bodies) ASSERT_FALSE(charge_or_wait(*accounts[0], 1, body));
  held.release();
  int turns = 0;
  for (int before = -1; before != wakes && turns < 100; ++turns) {
    before = wakes;
    budget->grant();
  }
  for (const Body& body : bodies) EXPECT_TRUE(body.granted);
  EXPECT_GT(turns, 2);
}

TEST_F(BodyBudgetTest, MemoryWithABoundOfItsOwnIsChargedAnyway) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  BodyCharge unsent;
  budget->set_charge(one, 5000, unsent);
  EXPECT_EQ(budget->counts().bytes, 5000U);
  BodyCharge charge;
  EXPECT_FALSE(budget->try_charge(open(2), 1, charge));
  budget->set_charge(one, 0, unsent);
  EXPECT_TRUE(budget->try_charge(*accounts[1], 1, charge));
}

}  // namespace
}  // namespace inlet53::http
