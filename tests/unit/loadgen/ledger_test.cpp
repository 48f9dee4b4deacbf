#include "ledger.h"

#include <vector>

#include "loadgen_support.h"
#include <gtest/gtest.h>

namespace inlet53::loadgen {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kStart = 1000 * kMs;

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
  // The query as a response, with these low flags.
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
  wrong.back()[13] = 'A';  // not octet for octet
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
  ledger_.take_back(0, load_be16(second.data()));
  ledger_.take_back(0, load_be16(first.data()));
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
  // Query 0 in time, query 1 held up by 49 ms.
  const Message in_time = query(0, kStart + kMs / 2, ledger);
  const Message held_up = query(0, kStart + 50 * kMs, ledger);
  EXPECT_EQ(ledger.tally().behind, 1U);
  ledger.settle(0, response(in_time), kStart + kMs);
  ledger.settle(0, response(held_up), kStart + 51 * kMs);
  EXPECT_EQ(ledger.tally().latency.min(), kMs / 2);
  EXPECT_EQ(ledger.tally().latency.max(), 50 * kMs);

  const Message refused = query(0, kStart + 60 * kMs, ledger);
  ledger.take_back(0, load_be16(refused.data()));
  EXPECT_EQ(ledger.tally().behind, 1U);
}

}  // namespace
}  // namespace inlet53::loadgen
