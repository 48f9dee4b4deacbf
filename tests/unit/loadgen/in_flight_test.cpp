#include "in_flight.h"

#include <set>

#include <gtest/gtest.h>

namespace inlet53::loadgen {
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
}  // namespace inlet53::loadgen
