// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/response_view.h"

#include <random>

#include "wire_bytes.h"
#include <gtest/gtest.h>

namespace inlet53::dns {
namespace {

using Counts = WireBytes::Counts;

WireBytes response(Counts counts, unsigned flags = 0x8180) {
  WireBytes out;
  out.header(flags, counts).question("www.example.com.", RRType::A);
  return out;
}

std::string name_in(const std::vector<uint8_t>& rdata, size_t at) {
  return parse_flat_name(rdata, at).value().to_text();
}

TEST(ParseResponse, ReadsEveryPart) {
  const uint8_t address[] = {192, 0, 2, 1};
  WireBytes message = response({.answers = 1, .authorities = 1, .additionals = 2}, 0x8580);
  message.u16(0xC00C).record(RRType::A, 1, 60, address);
  message.u16(0xC010).record(RRType::NS, 1, 3600, as_bytes("\2ns\xC0\x10"));
  message.opt(1232, 0, as_bytes(std::string_view("\0\x0F\0\4\0\x14hi", 8)));
  message.name("ns.example.com.").record(RRType::A, 1, 3600, address);

  const auto parsed = parse_response(message.bytes());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, 0x1234);
  EXPECT_EQ(parsed->flags, 0x8580);
  EXPECT_TRUE(parsed->authoritative());
  EXPECT_TRUE(parsed->recursion_available());
  EXPECT_FALSE(parsed->truncated());
  EXPECT_EQ(parsed->rcode, Rcode::NoError);
  ASSERT_TRUE(parsed->has_question);
  EXPECT_EQ(parsed->qname.view().to_text(), "www.example.com.");
  EXPECT_EQ(parsed->qtype, 1);
  EXPECT_EQ(parsed->qclass, 1);
  ASSERT_EQ(parsed->answer.size(), 1U);
  EXPECT_EQ(parsed->answer[0].owner.view().to_text(), "www.example.com.");
  EXPECT_EQ(parsed->answer[0].ttl, 60U);
  EXPECT_EQ(parsed->answer[0].rdata, (std::vector<uint8_t>{192, 0, 2, 1}));
  ASSERT_EQ(parsed->authority.size(), 1U);
  EXPECT_EQ(parsed->authority[0].owner.view().to_text(), "example.com.");
  EXPECT_EQ(name_in(parsed->authority[0].rdata, 0), "ns.example.com.");
  EXPECT_TRUE(parsed->has_opt);
  EXPECT_EQ(parsed->ede, 20);
  ASSERT_EQ(parsed->additional.size(), 1U);
}

TEST(ParseResponse, JoinsTheExtendedRcode) {
  WireBytes message = response({.additionals = 1}, 0x8187);
  message.opt(1232, 0x01000000);
  EXPECT_EQ(parse_response(message.bytes()).value().rcode, static_cast<Rcode>(0x17));
  WireBytes largest = response({.additionals = 1}, 0x818F);
  largest.opt(1232, 0xFF000000);
  EXPECT_EQ(parse_response(largest.bytes()).value().rcode, static_cast<Rcode>(0xFFF));
}

TEST(ParseResponse, AcceptsAHeaderWithoutAQuestion) {
  WireBytes message;
  message.header(0x8105, {.questions = 0});
  const auto parsed = parse_response(message.bytes());
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->has_question);
  EXPECT_EQ(parsed->rcode, Rcode::Refused);
}

TEST(ParseResponse, UncompressesNamesThatReceiversShouldDecompress) {
  struct Case {
    RRType type;
    std::string_view before, after;
    size_t names;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {
      {RRType::NS, ""sv, ""sv, 1},
      {RRType::CNAME, ""sv, ""sv, 1},
      {RRType::PTR, ""sv, ""sv, 1},
      {RRType::SOA, ""sv, "aaaabbbbccccddddeeee"sv, 2},
      {RRType::MX, "\0\1"sv, ""sv, 1},
      {RRType::RP, ""sv, ""sv, 2},
      {RRType::AFSDB, "\0\1"sv, ""sv, 1},
      {RRType::RT, "\0\1"sv, ""sv, 1},
      {RRType::SIG, "123456789012345678"sv, "signature"sv, 1},
      {RRType::PX, "\0\1"sv, ""sv, 2},
      {RRType::NXT, ""sv, "bits"sv, 1},
      {RRType::SRV, "\0\1\0\2\0\3"sv, ""sv, 1},
      {RRType::NAPTR, "\0\1\0\2\1s\0\2ab"sv, ""sv, 1},
  };
  for (const Case& c : cases) {
    WireBytes rdata;
    rdata.raw(as_bytes(c.before));
    for (size_t i = 0; i < c.names; ++i) rdata.raw(as_bytes("\1x\xC0\x10"));
    rdata.raw(as_bytes(c.after));
    WireBytes message = response({.answers = 1});
    message.u16(0xC00C).record(c.type, 1, 1, rdata.bytes());

    WireBytes flat;
    flat.raw(as_bytes(c.before));
    for (size_t i = 0; i < c.names; ++i) flat.name("x.example.com.");
    flat.raw(as_bytes(c.after));
    const auto parsed = parse_response(message.bytes());
    ASSERT_TRUE(parsed) << static_cast<int>(c.type);
    EXPECT_EQ(parsed->answer[0].rdata, flat.vector()) << static_cast<int>(c.type);
  }
}

TEST(ParseResponse, CopiesOtherRdata) {
  for (const RRType type : {RRType::TXT, RRType::DNAME, RRType::HTTPS, static_cast<RRType>(999)}) {
    WireBytes message = response({.answers = 1});
    message.u16(0xC00C).record(type, 1, 1, as_bytes("\1x\xC0\x10"));
    EXPECT_EQ(parse_response(message.bytes()).value().answer[0].rdata.size(), 4U);
  }
}

TEST(ParseResponse, RejectsRdataWithoutTheFormatOfItsType) {
  struct Case {
    RRType type;
    std::string_view rdata;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {
      {RRType::A, "123"sv},           {RRType::A, "12345"sv},
      {RRType::AAAA, "1234"sv},       {RRType::NS, ""sv},
      {RRType::NS, "\1x\xC0\x10!"sv}, {RRType::NS, "\1x\xC0"sv},
      {RRType::NS, "\xC0\xFF"sv},     {RRType::MX, "\0"sv},
      {RRType::MX, "\0\1"sv},         {RRType::SOA, "\0\0short"sv},
      {RRType::SRV, "\0\1\0\2\0"sv},  {RRType::NAPTR, "\0\1\0\2\1s\0\xFF"sv},
      {RRType::NAPTR, "\0\1\0\2"sv},  {RRType::SIG, "12345678901234567"sv},
  };
  for (const Case& c : cases) {
    WireBytes message = response({.answers = 1, .additionals = 1});
    message.u16(0xC00C).record(c.type, 1, 1, as_bytes(c.rdata)).opt(1232);
    EXPECT_FALSE(parse_response(message.bytes())) << static_cast<int>(c.type);
  }
}

TEST(ParseResponse, RejectsQueriesAndSeveralQuestions) {
  EXPECT_FALSE(parse_response(plain_query("a.", RRType::A).bytes()));
  WireBytes two;
  two.header(0x8180, {.questions = 2}).question("a.", RRType::A).question("b.", RRType::A);
  EXPECT_FALSE(parse_response(two.bytes()));
}

TEST(ParseResponse, RejectsEveryCut) {
  const uint8_t address[] = {192, 0, 2, 1};
  WireBytes message = response({.answers = 1, .additionals = 1});
  message.u16(0xC00C).record(RRType::A, 1, 60, address);
  message.opt(1232, 0, as_bytes(std::string_view("\0\x0F\0\2\0\x14", 6)));
  ASSERT_TRUE(parse_response(message.bytes()));
  for (size_t size = 0; size < message.bytes().size(); ++size) {
    EXPECT_FALSE(parse_response(message.bytes().first(size))) << size;
  }
  message.u8(0);
  EXPECT_FALSE(parse_response(message.bytes()));
}

TEST(ParseResponse, RejectsBrokenOpts) {
  WireBytes twice = response({.additionals = 2});
  twice.opt(1232).opt(1232);
  EXPECT_FALSE(parse_response(twice.bytes()));
  WireBytes owned = response({.additionals = 1});
  owned.name("a.").record(RRType::OPT, 1232, 0, {});
  EXPECT_FALSE(parse_response(owned.bytes()));
  WireBytes in_answer = response({.answers = 1});
  in_answer.opt(1232);
  EXPECT_FALSE(parse_response(in_answer.bytes()));
  for (const std::string_view options :
       {std::string_view("\0\x0F\0", 3), std::string_view("\0\x0F\0\1x", 5),
        std::string_view("\0\x0F\0\2x", 5)}) {
    WireBytes message = response({.additionals = 1});
    message.opt(1232, 0, as_bytes(options));
    EXPECT_FALSE(parse_response(message.bytes()));
  }
}

TEST(ParseResponse, RejectsOwnersThatLoop) {
  WireBytes message = response({.answers = 1});
  const auto here = static_cast<unsigned>(message.bytes().size());
  message.u16(0xC000 | here).record(RRType::TXT, 1, 1, {});
  EXPECT_FALSE(parse_response(message.bytes()));
}

TEST(ParseResponse, DoesNotCrashOnMutations) {
  WireBytes message = response({.answers = 2, .authorities = 1, .additionals = 1});
  message.u16(0xC00C).record(RRType::CNAME, 1, 60, as_bytes("\1x\xC0\x10"));
  message.name("x.example.com.")
      .record(RRType::MX, 1, 60, as_bytes(std::string_view("\0\1\xC0\x10", 4)));
  message.u16(0xC010).record(RRType::SOA, 1, 1,
                             as_bytes("\1a\xC0\x10\1b\xC0\x10"
                                      "aaaabbbbccccddddeeee"));
  message.opt(1232);
  ASSERT_TRUE(parse_response(message.bytes()));
  std::mt19937 random(53);
  for (int i = 0; i < 20000; ++i) {
    auto octets = message.vector();
    for (size_t left = 1 + random() % 3; left > 0; --left) {
      octets[random() % octets.size()] = static_cast<uint8_t>(random());
    }
    const auto parsed = parse_response(octets);
    if (parsed) {
      for (const ResponseRecord& record : parsed->answer) {
        EXPECT_LE(record.owner.view().size(), kMaxName);
      }
    }
  }
}

}  // namespace
}  // namespace inlet53::dns
