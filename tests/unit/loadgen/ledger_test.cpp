// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include <set>
#include <vector>

#include "loadgen_support.h"
#include <gtest/gtest.h>

namespace inlet53::loadgen {

namespace {

constexpr uint64_t kStart = 1'000'000'000'000;
constexpr uint64_t kSecond = 1'000'000'000;

TEST(Pace, SpacesQueriesEvenly) {
  const Pace pace(20'000, kStart);
  EXPECT_EQ(pace.due_ns(0), kStart);
  EXPECT_EQ(pace.due_ns(1), kStart + 50'000);
  EXPECT_EQ(pace.due_ns(20'000), kStart + kSecond);
}

TEST(Pace, DoesNotDriftWhenTheGapIsNoWholeNumber) {
  const Pace pace(30'000, kStart);
  EXPECT_NEAR(static_cast<double>(pace.due_ns(30'000 * 3600ULL) - kStart), 3600.0 * kSecond, 10);
}

TEST(Pace, TakesRatesBelowOne) { EXPECT_EQ(Pace(0.5, kStart).due_ns(3), kStart + 6 * kSecond); }

TEST(Pace, CountsLatencyFromTheSendingWhenThatWasInTime) {
  const Pace pace(1000, kStart);
  const uint64_t sent = kStart + 5 * Pace::kGraceNs + 300'000;
  EXPECT_FALSE(pace.is_behind(5, sent));
  EXPECT_EQ(pace.latency_start_ns(5, sent), sent);
}

TEST(Pace, CountsLatencyFromWhenItWasDueWhenTheSendingWasHeldUp) {
  const Pace pace(1000, kStart);
  const uint64_t sent = kStart + kSecond;
  EXPECT_TRUE(pace.is_behind(5, sent));
  EXPECT_EQ(pace.latency_start_ns(5, sent), kStart + 5'000'000);
}

}  // namespace

namespace {

using State = InFlightTable::State;

class InFlightTest : public testing::Test {
 protected:
  uint16_t add(size_t channel, uint64_t sent_ns = 1) {
    const auto id = table_.add(channel, {serial_++, sent_ns});
    EXPECT_TRUE(id.has_value());
    return id.value_or(0);
  }
  State state(size_t channel, uint16_t id) const { return table_.find(channel, id).state; }

  static constexpr size_t kSlots = 8;
  InFlightTable table_{2, kSlots};
  uint64_t serial_ = 0;
};

TEST_F(InFlightTest, FindsWhatWasAddedOnItsOwnChannelOnly) {
  const uint16_t id = add(1, 77);
  const auto found = table_.find(1, id);
  EXPECT_EQ(found.state, State::InFlight);
  EXPECT_EQ(found.query.serial, 0U);
  EXPECT_EQ(found.query.sent_ns, 77U);
  EXPECT_EQ(state(0, id), State::Free);
}

TEST_F(InFlightTest, TellsIdsOfTheSameSlotApart) {
  const uint16_t id = add(0);
  EXPECT_EQ(state(0, static_cast<uint16_t>(id + kSlots)), State::Free);
}

TEST_F(InFlightTest, GivesNoIdTwiceAndNoneWhenAllAreInFlight) {
  std::set<uint16_t> ids;
  for (size_t i = 0; i < kSlots; ++i) ids.insert(add(0));
  EXPECT_EQ(ids.size(), kSlots);
  EXPECT_FALSE(table_.add(0, {}).has_value());
  EXPECT_EQ(table_.in_flight(0), kSlots);

  table_.remove(0, *ids.begin());
  EXPECT_TRUE(table_.add(0, {}).has_value());
}

TEST_F(InFlightTest, UsesAnIdAgainOnlyAfterTheOthers) {
  const uint16_t first = add(0);
  table_.remove(0, first);
  for (size_t i = 1; i < 65536; ++i) {
    const uint16_t id = add(0);
    ASSERT_NE(id, first);
    table_.remove(0, id);
  }
  EXPECT_EQ(add(0), first);
}

TEST_F(InFlightTest, ExpiresInTheOrderOfSendingAcrossChannels) {
  const uint16_t oldest = add(0, 10);
  const uint16_t middle = add(1, 20);
  const uint16_t newest = add(0, 30);
  EXPECT_EQ(table_.expire_before(10), 0U);
  EXPECT_EQ(table_.expire_before(21), 2U);
  EXPECT_EQ(state(0, oldest), State::Expired);
  EXPECT_EQ(state(1, middle), State::Expired);
  EXPECT_EQ(state(0, newest), State::InFlight);
  EXPECT_EQ(table_.in_flight(), 1U);
}

TEST_F(InFlightTest, ExpiresTheRestWhenSomeInTheMiddleWereAnswered) {
  const uint16_t a = add(0, 10);
  const uint16_t b = add(0, 11);
  const uint16_t c = add(0, 12);
  table_.remove(0, b);
  EXPECT_EQ(table_.expire_before(100), 2U);
  EXPECT_EQ(state(0, a), State::Expired);
  EXPECT_EQ(state(0, b), State::Free);
  EXPECT_EQ(state(0, c), State::Expired);
  EXPECT_EQ(table_.expire_before(100), 0U);
}

TEST_F(InFlightTest, KeepsTheIdOfAnExpiredQueryWhileThereArePlenty) {
  const uint16_t lost = add(0);
  table_.expire_before(100);
  for (size_t i = 0; i < 3 * kSlots; ++i) table_.remove(0, add(0, 200));
  EXPECT_EQ(state(0, lost), State::Expired);
}

TEST_F(InFlightTest, GivesUpExpiredOnesWhenTheyAreTheMost) {
  for (size_t i = 0; i < kSlots; ++i) add(0);
  EXPECT_EQ(table_.expire_before(100), kSlots);
  EXPECT_EQ(state(0, add(0)), State::InFlight);
}

TEST_F(InFlightTest, ClearsOneChannel) {
  add(0, 1);
  const uint16_t other = add(1, 2);
  add(0, 3);
  EXPECT_EQ(table_.clear(0), 2U);
  EXPECT_EQ(table_.in_flight(), 1U);
  EXPECT_EQ(table_.expire_before(100), 1U);
  EXPECT_EQ(state(1, other), State::Expired);
  EXPECT_EQ(table_.clear(1), 0U);
}

}  // namespace

namespace {

constexpr uint64_t kMs = 1'000'000;

class LedgerTest : public testing::Test {
 protected:
  using Message = std::vector<uint8_t>;

  static Ledger::Options options() {
    Ledger::Options options;
    options.channels = 2;
    options.slots = 16;
    options.timeout_ns = 100 * kMs;
    return options;
  }

  Message query(size_t channel, uint64_t now, Ledger& ledger) {
    Message message(Ledger::kMaxQuery);
    message.resize(ledger.compose(channel, now, message.data()).size);
    return message;
  }
  Message query(size_t channel = 0, uint64_t now = kStart) { return query(channel, now, ledger_); }
  // Makes a response from the query with these low flags.
  static Message response(Message message, uint8_t flags1 = 0, uint8_t flags2 = 0x80) {
    message[2] = static_cast<uint8_t>(message[2] | 0x80 | flags1);
    message[3] = flags2;
    return message;
  }
  const Tally& tally() const { return ledger_.tally(); }

  Workload workload_{test::questions({"a.test", "b.test"}), {.sequential = true}};
  Ledger ledger_{workload_, options()};
};

TEST_F(LedgerTest, ComposesPlainQueries) {
  const Message message = query();
  ASSERT_EQ(message.size(), 12U + 8 + 4);
  EXPECT_EQ(Message(message.begin() + 2, message.begin() + 12),
            (Message{1, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(workload_.matches(0, Bytes(message).subspan(12)));
  EXPECT_EQ(tally().sent, 1U);
  EXPECT_EQ(ledger_.in_flight(0), 1U);
}

TEST_F(LedgerTest, CountsAnAnswerWithItsRcodeAndLatency) {
  ledger_.settle(0, response(query(), 0, 0x83), kStart + 3 * kMs);
  ledger_.settle(1, response(query(1), 0x02, 0x80), kStart + 5 * kMs);
  EXPECT_EQ(tally().answered, 2U);
  EXPECT_EQ(tally().rcodes[3], 1U);
  EXPECT_EQ(tally().rcodes[0], 1U);
  EXPECT_EQ(tally().truncated, 1U);
  EXPECT_EQ(tally().latency.min(), 3 * kMs);
  EXPECT_EQ(tally().latency.max(), 5 * kMs);
  EXPECT_EQ(tally().wrong, 0U);
  EXPECT_EQ(ledger_.in_flight(), 0U);
  EXPECT_EQ(ledger_.last_answer_ns(), kStart + 5 * kMs);
}

TEST_F(LedgerTest, TakesNothingElseForAnAnswer) {
  const Message asked = query();
  const Message right = response(asked);
  std::vector<Message> wrong;
  wrong.push_back(asked);                  // no QR
  wrong.push_back(response(asked, 0x08));  // another opcode
  wrong.push_back(right);
  wrong.back()[1] ^= 1;  // another id
  wrong.push_back(right);
  wrong.back()[5] = 0;  // no question
  wrong.push_back(right);
  wrong.back()[13] = 'A';  // the bytes differ
  wrong.emplace_back(right.begin(), right.end() - 1);
  wrong.emplace_back(right.begin(), right.begin() + 12);
  wrong.emplace_back();
  for (const Message& message : wrong) ledger_.settle(0, message, kStart + kMs);
  ledger_.settle(1, right, kStart + kMs);  // another channel
  EXPECT_EQ(tally().wrong, wrong.size() + 1);
  EXPECT_EQ(tally().answered, 0U);

  ledger_.settle(0, right, kStart + kMs);
  EXPECT_EQ(tally().answered, 1U);
  ledger_.settle(0, right, kStart + kMs);  // twice
  EXPECT_EQ(tally().wrong, wrong.size() + 2);
}

TEST_F(LedgerTest, LosesWhatIsNotAnsweredInTimeAndCountsLateAnswers) {
  const Message asked = query();
  ledger_.expire(kStart + 100 * kMs);
  EXPECT_EQ(tally().lost, 0U);
  ledger_.expire(kStart + 101 * kMs);
  EXPECT_EQ(tally().lost, 1U);
  EXPECT_EQ(ledger_.in_flight(), 0U);

  ledger_.settle(0, response(asked), kStart + 150 * kMs);
  EXPECT_EQ(tally().late, 1U);
  EXPECT_EQ(tally().answered, 0U);
  EXPECT_EQ(tally().wrong, 0U);
  ledger_.settle(0, response(asked), kStart + 150 * kMs);
  EXPECT_EQ(tally().wrong, 1U);
}

TEST_F(LedgerTest, LosesWhatWasInFlightOnAConnectionThatEnded) {
  const Message asked = query(0);
  query(0);
  const Message other = query(1);
  ledger_.end_channel(0);
  EXPECT_EQ(tally().lost, 2U);
  ledger_.settle(0, response(asked), kStart + kMs);
  EXPECT_EQ(tally().wrong, 1U);
  ledger_.settle(1, response(other), kStart + kMs);
  EXPECT_EQ(tally().answered, 1U);
}

TEST_F(LedgerTest, AsksAgainWhatCouldNotBeSent) {
  const Message first = query();
  const Message second = query();
  ledger_.withdraw(0, load_be16(second.data()));
  ledger_.withdraw(0, load_be16(first.data()));
  EXPECT_EQ(tally().sent, 0U);
  EXPECT_EQ(ledger_.in_flight(), 0U);
  const Message again = query(1);
  EXPECT_TRUE(std::equal(first.begin() + 2, first.end(), again.begin() + 2, again.end()));
}

TEST_F(LedgerTest, ComposesNothingWhenAChannelHasNoIdLeft) {
  for (int i = 0; i < 16; ++i) EXPECT_FALSE(query().empty());
  EXPECT_TRUE(query().empty());
  EXPECT_EQ(tally().sent, 16U);
  EXPECT_FALSE(query(1).empty());
}

TEST_F(LedgerTest, CountsAPacedQueryThatWasHeldUpFromWhenItWasDue) {
  Ledger ledger(workload_, options());
  ledger.keep_pace(Pace(1000, kStart));
  // Query 0 is sent in time, query 1 is 49 ms late.
  const Message in_time = query(0, kStart + kMs / 2, ledger);
  const Message held_up = query(0, kStart + 50 * kMs, ledger);
  EXPECT_EQ(ledger.tally().behind, 1U);
  ledger.settle(0, response(in_time), kStart + kMs);
  ledger.settle(0, response(held_up), kStart + 51 * kMs);
  EXPECT_EQ(ledger.tally().latency.min(), kMs / 2);
  EXPECT_EQ(ledger.tally().latency.max(), 50 * kMs);

  const Message refused = query(0, kStart + 60 * kMs, ledger);
  ledger.withdraw(0, load_be16(refused.data()));
  EXPECT_EQ(ledger.tally().behind, 1U);
}

}  // namespace

}  // namespace inlet53::loadgen
