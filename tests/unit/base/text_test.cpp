// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/text.h"

#include <climits>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

TEST(Text, ConcatJoinsTextsAndNumbers) {
  EXPECT_EQ(concat("a", 'b', std::string("c"), 7, -1, uint8_t{9}, LLONG_MIN),
            "abc7-19-9223372036854775808");
}

TEST(Text, AsciiLowerLeavesOtherOctets) {
  EXPECT_EQ(ascii_lower("AZaz[@\xC3\x84"), "azaz[@\xC3\x84");
}

TEST(Text, ParseHexReadsPairsOfDigits) {
  EXPECT_EQ(parse_hex(""), "");
  EXPECT_EQ(parse_hex("00ffA5"), std::string("\0\xFF\xA5", 3));
  for (const char* wrong : {"0", "0g", "g0", "+1", "-1", " 1", "0x", "1 "}) {
    EXPECT_EQ(parse_hex(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, NearestWordFindsSlips) {
  const std::vector<std::string_view> keys{"cidr_blocks", "enable_dns_support", "id", "region"};
  EXPECT_EQ(nearest_word("cidr_block", keys), "cidr_blocks");
  EXPECT_EQ(nearest_word("reigon", keys), "region");
  EXPECT_EQ(nearest_word("enable_dns_suport", keys), "enable_dns_support");
  EXPECT_EQ(nearest_word("di", keys), "id");
  EXPECT_EQ(nearest_word("listen", keys), "");
  EXPECT_EQ(nearest_word("x", {}), "");
}

}  // namespace
}  // namespace inlet53
