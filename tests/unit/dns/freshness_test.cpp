// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/freshness.h"

#include <utility>
#include <vector>

#include "small_response.h"
#include <gtest/gtest.h>

namespace inlet53::dns {
namespace {

void append_soa(Octets& out, uint8_t ttl, uint8_t minimum) {
  Octets record = {0xC0, 12, 0, 6, 0, 1, 0, 0, 0, ttl, 0, 24, 0xC0, 12, 0xC0, 12};
  record.resize(record.size() + 19);
  record.push_back(minimum);
  out.insert(out.end(), record.begin(), record.end());
}

TEST(Freshness, IsTheLowestTtlOfTheAnswer) {
  Octets message = header(3, 1, 0);
  for (const int ttl : {60, 5, 30}) append_a(message, static_cast<uint8_t>(ttl));
  append_soa(message, 1, 1);
  EXPECT_EQ(freshness_of(message), 5U);
}

TEST(Freshness, OfANegativeAnswerIsItsSoas) {
  for (const auto& [ttl, minimum] : {std::pair{60, 7}, std::pair{7, 60}}) {
    Octets message = header(0, 2, 0);
    append_a(message, 1);  // before it, a record of another type
    append_soa(message, static_cast<uint8_t>(ttl), static_cast<uint8_t>(minimum));
    EXPECT_EQ(freshness_of(message), 7U);
  }
}

TEST(Freshness, IsAbsentWhereNothingSaysIt) {
  EXPECT_EQ(freshness_of(header(0, 0, 0)), std::nullopt);
  Octets message = header(1, 0, 0);
  append_a(message, 60);
  while (!message.empty()) {  // malformed at each place
    message.pop_back();
    EXPECT_EQ(freshness_of(message), std::nullopt);
  }
}

}  // namespace
}  // namespace inlet53::dns
