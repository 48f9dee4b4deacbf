// SPDX-License-Identifier: Apache-2.0
#include "answers_json.h"

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "record_support.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "inlet53/record/query_record.h"

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

TEST(PutName, DistinguishesDotsInLabelsAndBetweenLabels) {
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

TEST(PutName, StaysWithinItsBoundForTheLongestName) {
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

using test::PreparedRRset;
using Rdata = std::vector<uint8_t>;

constexpr uint16_t kTxt = 16;
// Bytes of a response for records: without the header and the root's question.
constexpr size_t kRecordsRoom = dns::kMaxMessage - dns::kHeaderSize - 5;

// The longest name; every byte of its labels is a control character, which needs 5 bytes of JSON.
Rdata longest_name() {
  Rdata wire;
  for (const uint8_t length : std::initializer_list<uint8_t>{63, 63, 63, 61}) {
    wire.push_back(length);
    wire.insert(wire.end(), length, 7);
  }
  wire.push_back(0);
  return wire;
}

nlohmann::json parsed(const std::vector<AnswerRRset>& answers) {
  static const Rdata kName = longest_name();
  QueryRecord record;
  record.qname = dns::NameView::from_checked(kName.data(), kName.size());
  record.qtype = 65280;
  record.qclass = 65280;
  record.answers = answers;
  record.source = IpAddress::parse("2001:db8:1111:2222:3333:4444:5555:6666").value();
  record.source_port = 65535;
  const std::string line = test::line_of(record);
  EXPECT_LE(line.size(), kMaxRoute53Json);
  EXPECT_EQ(line.back(), '\n');
  return nlohmann::json::parse(line);
}

// A response full of records with the RDATA of `make`.
void expect_whole(uint16_t type, const std::function<Rdata()>& make) {
  std::vector<Rdata> rdatas;
  for (size_t left = kRecordsRoom;;) {
    Rdata rdata = make();
    if (dns::PreparedRecord::kHead + rdata.size() > left) break;
    left -= dns::PreparedRecord::kHead + rdata.size();
    rdatas.push_back(std::move(rdata));
  }
  const PreparedRRset rrset(type, rdatas);
  EXPECT_EQ(parsed({{rrset.view(), {}}})["answers"].size(), rdatas.size()) << type;
  const std::string json = render_answers(rrset.view());
  EXPECT_EQ(parsed({{rrset.view(), json}})["answers"].size(), rdatas.size()) << type;
}

Rdata txt(size_t strings, size_t length, uint8_t octet) {
  Rdata rdata;
  for (size_t i = 0; i < strings; ++i) {
    rdata.push_back(static_cast<uint8_t>(length));
    rdata.insert(rdata.end(), length, octet);
  }
  return rdata;
}

TEST(RecordSize, SufficesForTheLargestResponses) {
  for (const uint8_t octet : {uint8_t{0}, uint8_t{'"'}, uint8_t{'\\'}, uint8_t{0xFF}}) {
    expect_whole(kTxt, [=] { return txt(1, 0, octet); });
    expect_whole(kTxt, [=] { return txt(1, 1, octet); });
    expect_whole(kTxt, [=] { return txt(1, 255, octet); });
    expect_whole(kTxt, [=] { return txt(255, 255, octet); });
  }
  expect_whole(kTxt, [] { return txt(65000, 0, 0); });
  expect_whole(65280, [] { return Rdata{}; });
  expect_whole(65280, [] { return Rdata{0xFF}; });
  expect_whole(65280, [] { return Rdata(65000, 0xFF); });
  expect_whole(1, [] { return Rdata{255, 255, 255, 255}; });
  expect_whole(28, [] { return Rdata(16, 0xFE); });
  expect_whole(2, longest_name);
  // NSEC's type bitmap: one byte names eight types.
  expect_whole(47, [] {
    Rdata rdata = {0};
    for (unsigned window = 0; window < 256; ++window) {
      rdata.push_back(static_cast<uint8_t>(window));
      rdata.push_back(32);
      rdata.insert(rdata.end(), 32, 0xFF);
    }
    return rdata;
  });
}

TEST(RecordSize, SufficesForRandomRdataOfEveryType) {
  std::mt19937 random(53);
  for (uint16_t type = 0; type < 300; ++type) {
    std::vector<Rdata> rdatas(8);
    for (Rdata& rdata : rdatas) {
      rdata.resize(random() % 80);
      for (uint8_t& octet : rdata) {
        // Small numbers are likely valid lengths; quotes and backslashes need escapes.
        constexpr uint8_t kLikely[] = {0, 1, 2, 3, 4, '"', '\\', '.', 'a', 0xFF};
        octet = random() % 3 == 0 ? static_cast<uint8_t>(random()) : kLikely[random() % 10];
      }
    }
    const PreparedRRset rrset(type, rdatas);
    EXPECT_EQ(parsed({{rrset.view(), {}}})["answers"].size(), 8U) << type;
    EXPECT_EQ(nlohmann::json::parse("[" + render_answers(rrset.view()) + "]").size(), 8U) << type;
  }
}

// Compression allows more long names in a response than fit in a record.
TEST(RecordSize, OmitsLastAnswersThatDoNotFit) {
  const std::vector<Rdata> rdatas(2000, longest_name());
  const PreparedRRset rrset(2, rdatas);
  const size_t written = parsed({{rrset.view(), {}}})["answers"].size();
  EXPECT_LT(written, 2000U);
  EXPECT_GT(written, 300U);

  const std::string json = render_answers(rrset.view());
  ASSERT_GT(json.size(), kMaxRoute53Json);
  EXPECT_EQ(parsed({{rrset.view(), json}})["answers"].size(), written);
  // The elements after them are omitted too, or fit whole.
  const PreparedRRset address({"x. A 10.0.0.1"});
  EXPECT_GE(parsed({{rrset.view(), json}, {address.view(), {}}})["answers"].size(), written);
}

}  // namespace
}  // namespace inlet53::record
