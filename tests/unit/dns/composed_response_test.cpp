// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/composed_response.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/dns/edns_options.h"

namespace inlet53::dns {
namespace {

using Octets = std::vector<uint8_t>;

/// Returns a header with one question, `a. A`.
Octets header(uint8_t answers, uint8_t authority, uint8_t additional) {
  return {0, 1, 0x80, 0, 0, 1, 0, answers, 0, authority, 0, additional, 1, 'a', 0, 0, 1, 0, 1};
}

void append_a(Octets& out, uint8_t ttl) {
  const Octets record = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 10, 0, 0, 1};
  out.insert(out.end(), record.begin(), record.end());
}

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
  EXPECT_EQ(freshness_lifetime(message), 5U);
}

TEST(Freshness, OfANegativeAnswerIsThatOfItsSoa) {
  for (const auto& [ttl, minimum] : {std::pair{60, 7}, std::pair{7, 60}}) {
    Octets message = header(0, 2, 0);
    append_a(message, 1);  // before it, a record of another type
    append_soa(message, static_cast<uint8_t>(ttl), static_cast<uint8_t>(minimum));
    EXPECT_EQ(freshness_lifetime(message), 7U);
  }
}

TEST(Freshness, IsAbsentWithoutAnswerAndSoa) {
  EXPECT_EQ(freshness_lifetime(header(0, 0, 0)), std::nullopt);
  Octets message = header(1, 0, 0);
  append_a(message, 60);
  while (!message.empty()) {  // malformed at each place
    message.pop_back();
    EXPECT_EQ(freshness_lifetime(message), std::nullopt);
  }
}

void append_opt(Octets& out) {
  const Octets record = {0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0};
  out.insert(out.end(), record.begin(), record.end());
}

TEST(Padding, FillsABlock) {
  std::array<uint8_t, 2000> buffer;
  for (const size_t answers : {0U, 1U, 28U, 29U, 60U}) {
    Octets message = header(static_cast<uint8_t>(answers), 0, 1);
    for (size_t i = 0; i < answers; ++i) append_a(message, 60);
    const size_t opt = message.size();
    append_opt(message);
    buffer.fill(0xEE);
    std::copy(message.begin(), message.end(), buffer.begin());
    const size_t size = pad_response(buffer, message.size(), kResponsePadding);
    EXPECT_EQ(size % kResponsePadding, 0U);
    EXPECT_LT(size - message.size(), kResponsePadding + 4);
    EXPECT_EQ(load_be16(&buffer[opt + 9]), size - opt - 11);
    EXPECT_EQ(load_be16(&buffer[message.size()]), static_cast<uint16_t>(EdnsOption::Padding));
    EXPECT_EQ(load_be16(&buffer[message.size() + 2]), size - message.size() - 4);
    for (size_t i = message.size() + 4; i < size; ++i) ASSERT_EQ(buffer[i], 0);
    EXPECT_EQ(buffer[size], 0xEE);
  }
}

TEST(Padding, EndsWithTheBuffer) {
  Octets message = header(0, 0, 1);
  append_opt(message);
  const size_t size = message.size();
  for (const size_t room : {0U, 3U}) {
    message.resize(size + room);
    EXPECT_EQ(pad_response(message, size, kResponsePadding), size);
  }
  message.resize(size + 10);
  EXPECT_EQ(pad_response(message, size, kResponsePadding), size + 10);
}

TEST(Padding, NeedsAnOptAtTheEnd) {
  Octets message = header(1, 0, 0);
  append_a(message, 60);
  const size_t size = message.size();
  message.resize(600);
  EXPECT_EQ(pad_response(message, size, kResponsePadding), size);
  for (size_t cut = 0; cut < size; ++cut) {
    EXPECT_EQ(pad_response(message, cut, kResponsePadding), cut);
  }
}

}  // namespace
}  // namespace inlet53::dns
