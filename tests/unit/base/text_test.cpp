// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/text.h"

#include <climits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inlet53 {

namespace {

TEST(Text, ConcatJoinsTextsAndNumbers) {
  EXPECT_EQ(concat("a", 'b', std::string("c"), 7, -1, uint8_t{9}, LLONG_MIN),
            "abc7-19-9223372036854775808");
}

TEST(Text, JoinedPutsCommasBetweenTexts) {
  EXPECT_EQ(joined(std::vector<std::string>{}), "");
  EXPECT_EQ(joined(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(joined(std::vector<std::string_view>{"", "b", "c d"}), ", b, c d");
}

TEST(Text, AsciiLowerLeavesOtherBytes) {
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

using namespace std::string_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, LeavesPlainTextAlone) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("GET /hello?a=b"), R"("GET /hello?a=b")");
  EXPECT_EQ(json("käse 日本 \xF0\x9F\xA7\x80"), "\"käse 日本 \xF0\x9F\xA7\x80\"");
}

TEST(JsonString, EscapesReservedCharacters) {
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json("\n\r\t\b\x1f\0x"s), R"("\n\r\t\u0008\u001f\u0000x")");
  EXPECT_EQ(json("\x7f"), "\"\x7f\"");
}

TEST(JsonString, ReplacesEachInvalidByte) {
  const std::vector<std::string> cases = {
      "\x80",              // a continuation byte without a first byte
      "\xC0\xAF",          // overlong
      "\xC3",              // cut off
      "\xE0\x80\x80",      // overlong
      "\xED\xA0\x80",      // a surrogate
      "\xF5\x80\x80\x80",  // beyond Unicode
      "\xF4\x90\x80\x80",
      "\xF0\x8F\xBF\xBF",
      "\xFE\xFF",
  };
  for (const std::string& bad : cases) {
    std::string expected = "\"a";
    for (size_t i = 0; i < bad.size(); ++i) expected += "\xEF\xBF\xBD";
    EXPECT_EQ(json("a" + bad + "b"), expected + "b\"");
  }
}

// A JSON parser returns every text unchanged, for all bytes of ASCII and UTF-8.
TEST(JsonString, IsReadBack) {
  std::string text;
  for (int byte = 0; byte < 0x80; ++byte) text += static_cast<char>(byte);
  for (const char* more : {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    text += more;
  }
  EXPECT_EQ(nlohmann::json::parse(json(text)).get<std::string>(), text);
}

TEST(JsonNesting, CountsObjectsAndListsOutsideOfTexts) {
  EXPECT_FALSE(nests_deeper_than("", 0));
  EXPECT_FALSE(nests_deeper_than("1", 0));
  EXPECT_TRUE(nests_deeper_than("{}", 0));
  EXPECT_FALSE(nests_deeper_than(R"([{"a":[]},{"b":[]},[[]]])", 3));
  EXPECT_TRUE(nests_deeper_than(R"([{"a":[]},{"b":[]},[[]]])", 2));
  EXPECT_FALSE(nests_deeper_than(R"(["[[[[\"[[[","[[["])", 1));
  EXPECT_TRUE(nests_deeper_than(std::string(6'000'000, '['), 100));
  EXPECT_FALSE(nests_deeper_than("]]]][", 1));
}

TEST(JsonString, LeavesOutTheQuotesWhereAsked) {
  std::string out = "x";
  append_json_escaped(out, "a\"b");
  EXPECT_EQ(out, R"(xa\"b)");
}

}  // namespace

}  // namespace inlet53
