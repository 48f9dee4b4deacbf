// SPDX-License-Identifier: Apache-2.0
#include "ticket_keys.h"

#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

constexpr int64_t kStart = 1000;
constexpr int64_t kPeriod = TicketKeys::kEncryptSeconds;

TEST(TicketKeys, AreNewAfterTwelveHoursAndStillDecryptForTwelveMore) {
  TicketKeys keys;
  const TicketKeys::Key first = keys.current(kStart);
  EXPECT_EQ(keys.current(kStart + kPeriod - 1).name, first.name);
  const TicketKeys::Key second = keys.current(kStart + kPeriod);
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher, first.cipher);
  EXPECT_NE(second.mac, first.mac);
  ASSERT_TRUE(keys.find(first.name.data(), kStart + 2 * kPeriod - 1));
  EXPECT_EQ(keys.find(first.name.data(), kStart + 2 * kPeriod - 1)->cipher, first.cipher);
  EXPECT_FALSE(keys.find(first.name.data(), kStart + 2 * kPeriod));
  EXPECT_TRUE(keys.find(second.name.data(), kStart + 2 * kPeriod));
}

TEST(TicketKeys, AreAllNewAfterALongSilence) {
  TicketKeys keys;
  const TicketKeys::Key first = keys.current(kStart);
  EXPECT_FALSE(keys.find(first.name.data(), kStart + 10 * kPeriod));
  const TicketKeys::Key next = keys.current(kStart + 10 * kPeriod);
  EXPECT_EQ(keys.current(kStart + 11 * kPeriod - 1).name, next.name);
}

TEST(TicketKeys, OfAnotherServerAreNotTaken) {
  TicketKeys keys;
  TicketKeys others;
  EXPECT_FALSE(keys.find(others.current(kStart).name.data(), kStart));
}

}  // namespace
}  // namespace inlet53::net
