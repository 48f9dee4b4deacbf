// SPDX-License-Identifier: Apache-2.0
#include "server/forward_shares.h"

#include <string>

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

constexpr uint64_t kOctets = ForwardShares::kQueryOctets;

IpAddress client(int number) { return *IpAddress::parse("10.0.0." + std::to_string(number)); }

settings::Forward limits() {
  settings::Forward out;
  out.max_waiting = 90;
  out.max_waiting_per_client = 90;
  out.max_waiting_octets = 1000 * kOctets;
  out.max_in_flight = 45;
  return out;
}

// Adds queries of a client until one is refused; returns the reason.
ForwardRefusal fill(ForwardShares& shares, int number, uint64_t message = 0) {
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
  const auto ask = [&](int number, uint32_t targets) {
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
