// SPDX-License-Identifier: Apache-2.0
#include "server/forward_shares.h"

#include <map>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

constexpr uint64_t kOctets = ForwardShares::kQueryOctets;

IpAddress client(uint32_t number) {
  return *IpAddress::parse("10." + std::to_string(number >> 16 & 255) + "." +
                           std::to_string(number >> 8 & 255) + "." + std::to_string(number & 255));
}

TEST(MayUseAnother, AClientThatIsAloneGetsNearlyAll) {
  uint64_t own = 0;
  while (may_use_another(own, own, 900)) ++own;
  EXPECT_EQ(own, 800U);
}

TEST(MayUseAnother, TheClientWithTheMostIsRefusedFirst) {
  constexpr uint64_t kLimit = 900;
  uint64_t large = 800;
  uint64_t small = 0;
  EXPECT_FALSE(may_use_another(large, large + small, kLimit));
  while (may_use_another(small, large + small, kLimit)) ++small;
  EXPECT_GE(small, 80U);
  EXPECT_LT(large + small, kLimit) << "and a third finds a place";
  EXPECT_TRUE(may_use_another(0, large + small, kLimit));
}

TEST(MayUseAnother, ManyClientsShareEvenly) {
  std::map<uint32_t, uint64_t> own;
  uint64_t used = 0;
  for (uint32_t turn = 0; turn < 100'000; ++turn) {
    uint64_t& mine = own[turn % 40];
    if (!may_use_another(mine, used, 2000)) continue;
    ++mine;
    ++used;
  }
  for (const auto& [who, count] : own) EXPECT_NEAR(static_cast<double>(count), 49, 3);
  EXPECT_TRUE(may_use_another(0, used, 2000)) << "for one more client";
}

TEST(MayUseAnother, RefusesWhatExceedsTheTotal) {
  EXPECT_FALSE(may_use_another(0, 10, 10));
  EXPECT_FALSE(may_use_another(0, 11, 10));
  EXPECT_TRUE(may_use_another(0, 0, 1));
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

settings::Forward limits() {
  settings::Forward out;
  out.max_waiting = 90;
  out.max_waiting_per_client = 90;
  out.max_waiting_octets = 1000 * kOctets;
  out.max_in_flight = 45;
  return out;
}

// Adds queries of a client until one is refused; returns the reason.
ForwardRefusal fill(ForwardShares& shares, uint32_t number, uint64_t message = 0) {
  for (;;) {
    const auto refusal = shares.refuse_query(client(number), message);
    if (refusal) return *refusal;
    shares.add_query(client(number), kOctets + message);
  }
}

TEST(ForwardShares, OneClientLeavesPlacesForOthers) {
  ForwardShares shares(limits());
  EXPECT_EQ(fill(shares, 1), ForwardRefusal::ClientShare);
  EXPECT_EQ(shares.queries(), 80U);
  EXPECT_EQ(fill(shares, 2), ForwardRefusal::ClientShare);
  EXPECT_EQ(shares.queries(), 89U);
  EXPECT_FALSE(shares.refuse_query(client(3), 0));
  shares.add_query(client(3), kOctets);
  EXPECT_EQ(shares.refuse_query(client(4), 0), ForwardRefusal::QueriesFull);
  shares.remove_query(client(1), kOctets);
  EXPECT_FALSE(shares.refuse_query(client(4), 0));
  EXPECT_EQ(shares.refuse_query(client(1), 0), ForwardRefusal::ClientShare) << "it has the most";
}

TEST(ForwardShares, AClientHasALimitOfItsOwn) {
  settings::Forward with = limits();
  with.max_waiting_per_client = 5;
  ForwardShares shares(with);
  EXPECT_EQ(fill(shares, 1), ForwardRefusal::ClientLimit);
  EXPECT_EQ(shares.queries(), 5U);
}

TEST(ForwardShares, LongMessagesFillTheMemory) {
  settings::Forward with = limits();
  with.max_waiting_octets = 90 * kOctets;
  ForwardShares shares(with);
  EXPECT_EQ(fill(shares, 1, 10 * kOctets), ForwardRefusal::ClientMemory);
  EXPECT_LE(shares.octets(), 80 * kOctets);
  EXPECT_FALSE(shares.refuse_query(client(2), 0)) << "a short one of another client";
  EXPECT_EQ(shares.refuse_query(client(2), 60 * kOctets), ForwardRefusal::MemoryFull);
}

TEST(ForwardShares, WhatAQueryKeepsCountsAsItsMemory) {
  settings::Forward with = limits();
  with.max_waiting_octets = 90 * kOctets;
  ForwardShares shares(with);
  shares.add_query(client(1), kOctets);
  EXPECT_TRUE(shares.grow_query(client(1), 70 * kOctets));
  EXPECT_FALSE(shares.grow_query(client(1), 30 * kOctets)) << "more than there is";
  EXPECT_EQ(shares.octets(), 71 * kOctets);
  EXPECT_TRUE(shares.grow_query(client(1), 10 * kOctets));
  EXPECT_FALSE(shares.grow_query(client(1), kOctets)) << "more than its share";
  shares.remove_query(client(1), 81 * kOctets);
  EXPECT_EQ(shares.octets(), 0U);
}

TEST(ForwardShares, AtOneTargetAClientHasAShareOfThePlaces) {
  ForwardShares shares(limits());
  ForwardShares::Places places{0, 18};
  const auto ask = [&](uint32_t number, uint32_t targets) {
    const auto refusal = shares.refuse_question(client(number), targets, places, places.used);
    if (refusal) return refusal;
    shares.add_question(client(number), targets);
    ++places.used;
    return refusal;
  };
  while (!ask(1, 7)) continue;
  EXPECT_EQ(places.used, 16U);
  EXPECT_EQ(ask(1, 7), ForwardRefusal::ClientAtTargets);
  EXPECT_EQ(ask(2, 7), std::nullopt);
  EXPECT_EQ(ask(3, 7), std::nullopt);
  EXPECT_EQ(ask(4, 7), ForwardRefusal::TargetsFull);
  // The same client may query other targets.
  EXPECT_EQ(shares.refuse_question(client(1), 8, {0, 18}, 18), std::nullopt);
  shares.remove_question(client(1), 7);
  --places.used;
  EXPECT_EQ(ask(4, 7), std::nullopt);
}

TEST(ForwardShares, OfAllQuestionsAClientHasAShare) {
  ForwardShares shares(limits());
  uint64_t questions = 0;
  // A few questions to each of many targets.
  for (uint32_t targets = 0; !shares.refuse_question(client(1), targets, {1, 100}, questions);
       ++targets) {
    shares.add_question(client(1), targets);
    ++questions;
  }
  EXPECT_EQ(questions, 40U);
  EXPECT_EQ(shares.refuse_question(client(1), 999, {1, 100}, questions),
            ForwardRefusal::ClientQuestions);
  EXPECT_EQ(shares.refuse_question(client(2), 999, {1, 100}, questions), std::nullopt);
  EXPECT_EQ(shares.refuse_question(client(2), 999, {1, 100}, 45), ForwardRefusal::QuestionsFull);
}

TEST(ForwardRefusal, EachHasANameAndATextOfItsOwn) {
  for (size_t i = 0; i < kForwardRefusals; ++i) {
    const auto one = static_cast<ForwardRefusal>(i);
    EXPECT_FALSE(name_of(one).empty());
    EXPECT_EQ(text_of(one).empty(), one == ForwardRefusal::NotSent);
    for (size_t j = 0; j < i; ++j) {
      EXPECT_NE(name_of(one), name_of(static_cast<ForwardRefusal>(j)));
      EXPECT_NE(text_of(one), text_of(static_cast<ForwardRefusal>(j)));
    }
  }
}

}  // namespace
}  // namespace inlet53::server
