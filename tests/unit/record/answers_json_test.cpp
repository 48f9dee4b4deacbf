// SPDX-License-Identifier: Apache-2.0
#include "answers_json.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::record {
namespace {

std::string escaped(std::string text) {
  const size_t size = text.size();
  text.resize(2 * size);
  text.resize(static_cast<size_t>(escape_json(text.data(), size) - text.data()));
  return text;
}

dns::NameView name_view(const std::vector<uint8_t>& wire) {
  return dns::NameView::from_checked(wire.data(), wire.size());
}

std::string name_json(dns::NameView name) {
  std::string out(kMaxNameJson, '\0');
  out.resize(static_cast<size_t>(put_name(out.data(), name) - out.data()));
  return out;
}

// A simple implementation of put_name.
std::string expected_json(dns::NameView name) { return escaped(name.to_text()); }

TEST(EscapeJson, EscapesQuotesAndBackslashesOnly) {
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("10 mail.example.com."), "10 mail.example.com.");
  EXPECT_EQ(escaped(R"("v=spf1 -all")"), R"(\"v=spf1 -all\")");
  EXPECT_EQ(escaped(R"(\\\")"), R"(\\\\\\\")");
  EXPECT_EQ(escaped(R"(a\000b)"), R"(a\\000b)");
}

TEST(PutName, WritesRootAsDot) { EXPECT_EQ(name_json(dns::NameView()), "."); }

TEST(PutName, WritesPlainNames) {
  const auto name =
      dns::Name::parse_text("dligg9dxuk.execute-api.eu-west-1.amazonaws.com.").value();
  EXPECT_EQ(name_json(name.view()), "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.");
  EXPECT_EQ(name_json(dns::Name::parse_text("_ldap._tcp").value().view()), "_ldap._tcp.");
}

TEST(PutName, TellsDotInLabelFromDotBetweenLabels) {
  EXPECT_EQ(name_json(name_view({3, 'a', '.', 'b', 1, 'c', 0})), R"(a\\.b.c.)");
}

// Tests every byte at every place of the eight that are checked at once.
TEST(PutName, AgreesWithPresentationFormForEveryOctet) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    for (size_t place = 0; place < 16; ++place) {
      std::vector<uint8_t> wire = {16};
      wire.insert(wire.end(), 16, 'x');
      wire.push_back(0);
      wire[1 + place] = static_cast<uint8_t>(octet);
      EXPECT_EQ(name_json(name_view(wire)), expected_json(name_view(wire))) << octet;
    }
  }
}

TEST(PutName, AgreesWithPresentationFormForRandomNames) {
  std::mt19937 random(53);
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> wire;
    const bool plain = round % 3 != 0;
    while (wire.size() < 190 && random() % 6 != 0) {
      const size_t length = 1 + random() % dns::kMaxLabel;
      wire.push_back(static_cast<uint8_t>(length));
      for (size_t i = 0; i < length; ++i) {
        wire.push_back(plain ? static_cast<uint8_t>(kPlain[random() % kPlain.size()])
                             : static_cast<uint8_t>(random()));
      }
    }
    wire.push_back(0);
    ASSERT_EQ(name_json(name_view(wire)), expected_json(name_view(wire)));
  }
}

TEST(PutName, StaysInItsRoomForTheLongestName) {
  std::vector<uint8_t> wire;
  for (const uint8_t length : std::initializer_list<uint8_t>{63, 63, 63, 61}) {
    wire.push_back(length);
    wire.insert(wire.end(), length, 0);
  }
  wire.push_back(0);
  ASSERT_EQ(wire.size(), dns::kMaxName);
  const std::string json = name_json(name_view(wire));
  EXPECT_EQ(json.size(), 250U * 5 + 4);
  EXPECT_LE(json.size(), kMaxNameJson);
}

}  // namespace
}  // namespace inlet53::record
