// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/response_writer.h"

#include "prepared_rrset.h"
#include <gtest/gtest.h>

#include "inlet53/dns/response_view.h"

namespace inlet53::dns {
namespace {

constexpr uint32_t kDo = 0x8000;

Name name(std::string_view text) { return Name::parse_text(text).value(); }

WireBytes edns_query(std::string_view qname, RRType qtype, uint32_t ttl = 0) {
  WireBytes out = plain_query(qname, qtype, 1);
  out.opt(1232, ttl, as_bytes(std::string_view("\0\x0A\0\x8hgfedcba", 12)));
  return out;
}

uint16_t flags_of(Bytes message) { return load_be16(&message[2]); }

const PreparedRRset kTwoAddresses("A", 60, {"10.0.12.179", "10.0.140.226"});
const PreparedRRset kSoa("SOA", 900,
                         {"ns.example.com. host.example.com. 1 7200 900 1209600 86400"});

TEST(ResponseWriter, CopiesAnAnswerWithoutNames) {
  Slot slot(plain_query("wWw.Example.com.", RRType::A));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  ASSERT_TRUE(writer.add(Section::Answer, kTwoAddresses.view()));
  const size_t size = writer.finish({.recursion_available = true}, Rcode::NoError, {});

  WireBytes expected;
  expected.header(0x8180, {.answers = 2}).question("wWw.Example.com.", RRType::A);
  expected.raw(kTwoAddresses.view().records);
  EXPECT_EQ(as_text(slot.first(size)), as_text(expected.bytes()));
}

TEST(ResponseWriter, SetsEachFlag) {
  struct Case {
    unsigned query_flags;
    ResponseFlags flags;
    Rcode rcode;
    uint16_t expected;
  };
  const Case cases[] = {
      {0x0000, {}, Rcode::NoError, 0x8000},
      {0x0100, {}, Rcode::NoError, 0x8100},                       // RD is copied
      {0x0010, {}, Rcode::NoError, 0x8010},                       // CD is copied
      {0x06EF, {}, Rcode::NoError, 0x8000},                       // AA TC RA Z AD rcode are not
      {0x0000, {.authoritative = true}, Rcode::NoError, 0x8400},  // AA
      {0x0000, {.recursion_available = true}, Rcode::NoError, 0x8080},  // RA
      {0x0100, {}, Rcode::Refused, 0x8105},
      {0x2100, {}, Rcode::NotImp, 0xA104},  // the opcode is copied
  };
  for (const Case& c : cases) {
    WireBytes message;
    message.header(c.query_flags, {}).question("a.", RRType::A);
    Slot slot(message);
    ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
    const size_t size = writer.finish(c.flags, c.rcode, {});
    EXPECT_EQ(flags_of(slot.first(size)), c.expected);
    EXPECT_EQ(load_be16(slot.first(size).data()), 0x1234);
  }
}

TEST(ResponseWriter, AnswersEdnsWithAnOptAndPlainQueriesWithout) {
  Slot plain(plain_query("a.", RRType::A));
  ResponseWriter plain_writer(plain.buffer(), plain.query(), kPlainUdpLimit);
  const size_t plain_size = plain_writer.finish({}, Rcode::NoError, {.ede = Ede::Other});
  EXPECT_FALSE(parse_response(plain.first(plain_size)).value().has_opt);

  Slot slot(edns_query("a.", RRType::A, kDo));
  ResponseWriter writer(slot.buffer(), slot.query(), 1232);
  ASSERT_TRUE(writer.add(Section::Answer, kTwoAddresses.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {.udp_size = 4096});
  WireBytes opt;
  opt.opt(4096, kDo);
  EXPECT_EQ(as_text(slot.first(size).last(11)), as_text(opt.bytes()));
  EXPECT_EQ(load_be16(&slot.first(size)[10]), 1);
}

TEST(ResponseWriter, CopiesDoOnlyWhenItWasSet) {
  Slot slot(edns_query("a.", RRType::A, 0x7FFF));  // every EDNS flag except DO
  ResponseWriter writer(slot.buffer(), slot.query(), 1232);
  const size_t size = writer.finish({}, Rcode::NoError, {});
  EXPECT_EQ(load_be32(&slot.first(size)[size - 6]), 0U);
}

TEST(ResponseWriter, SplitsAnExtendedRcode) {
  Slot slot(edns_query("a.", RRType::A, 0x10000));
  ASSERT_EQ(slot.verdict(), QueryVerdict::BadVers);
  const size_t size = compose_error(slot.buffer(), slot.query(), {}, Rcode::BadVers, {});
  EXPECT_EQ(flags_of(slot.first(size)), 0x8100);
  const auto response = parse_response(slot.first(size)).value();
  EXPECT_EQ(response.rcode, Rcode::BadVers);
  EXPECT_EQ(slot.first(size)[size - 5], 0);  // the version is that of the server
}

TEST(ResponseWriter, AddsAnExtendedErrorWhenItFits) {
  for (size_t room = 0; room < 9; ++room) {
    Slot slot(edns_query("a.", RRType::A));
    const size_t without_ede = slot.query().question_end + 11;
    ResponseWriter writer(slot.buffer(), slot.query(), without_ede + room);
    const size_t size = writer.finish({}, Rcode::Refused, {.ede = Ede::NotAuthoritative});
    const auto response = parse_response(slot.first(size)).value();
    EXPECT_TRUE(response.has_opt);
    EXPECT_EQ(response.ede.has_value(), room >= 6);
    EXPECT_EQ(size, without_ede + (room >= 6 ? 6 : 0));
    if (response.ede) {
      EXPECT_EQ(*response.ede, 20);
    }
  }
}

TEST(ResponseWriter, OmitsTheOptWhenItDoesNotFit) {
  for (size_t room = 0; room < 11; ++room) {
    Slot slot(edns_query("a.", RRType::A));
    const size_t limit = slot.query().question_end + room;
    ResponseWriter writer(slot.buffer(), slot.query(), limit);
    EXPECT_FALSE(writer.add(Section::Answer, kTwoAddresses.view()));
    const size_t size = writer.finish({}, Rcode::NoError, {.ede = Ede::Other});
    EXPECT_EQ(size, slot.query().question_end);
    EXPECT_FALSE(parse_response(slot.first(size)).value().has_opt);
  }
}

TEST(ResponseWriter, RejectsAnRRsetThatDoesNotFitWhole) {
  const size_t records = kTwoAddresses.view().records.size();
  for (const bool fits : {false, true}) {
    Slot slot(plain_query("a.", RRType::A));
    const size_t limit = slot.query().question_end + records - (fits ? 0 : 1);
    ResponseWriter writer(slot.buffer(), slot.query(), limit);
    EXPECT_EQ(writer.add(Section::Answer, kTwoAddresses.view()), fits);
    EXPECT_EQ(writer.truncated(), !fits);
    const size_t size = writer.finish({}, Rcode::NoError, {});
    EXPECT_EQ(size, fits ? limit : slot.query().question_end);
    const auto response = parse_response(slot.first(size)).value();
    EXPECT_EQ(response.truncated(), !fits);
    EXPECT_EQ(response.answer.size(), fits ? 2U : 0U);
    EXPECT_EQ(slot.buffer()[limit], 0xEE);
  }
}

TEST(ResponseWriter, KeepsRoomForTheOpt) {
  Slot slot(edns_query("a.", RRType::A));
  const size_t limit = slot.query().question_end + kTwoAddresses.view().records.size() + 10;
  ResponseWriter writer(slot.buffer(), slot.query(), limit);
  EXPECT_FALSE(writer.add(Section::Answer, kTwoAddresses.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {});
  EXPECT_TRUE(parse_response(slot.first(size)).value().has_opt);
  EXPECT_LE(size, limit);
}

TEST(ResponseWriter, TruncatesForAnswerAndAuthorityOnly) {
  for (const Section section : {Section::Answer, Section::Authority, Section::Additional}) {
    Slot slot(plain_query("a.", RRType::A));
    ResponseWriter writer(slot.buffer(), slot.query(), slot.query().question_end);
    EXPECT_FALSE(writer.add(section, kTwoAddresses.view()));
    EXPECT_EQ(writer.truncated(), section != Section::Additional);
  }
}

TEST(ResponseWriter, SetsTcOnRequest) {
  Slot slot(plain_query("a.", RRType::A));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  writer.set_truncated();
  const size_t size = writer.finish({}, Rcode::NoError, {});
  EXPECT_TRUE(parse_response(slot.first(size)).value().truncated());
}

TEST(ResponseWriter, CompressesOwnerAndRdataOfANegativeAnswer) {
  Slot slot(plain_query("nx.www.Example.COM.", RRType::A));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  const Name apex = name("example.com.");
  ASSERT_TRUE(writer.add(Section::Authority, apex.view(), kSoa.view()));
  const size_t size = writer.finish({}, Rcode::NXDomain, {});

  WireBytes expected;
  expected.header(0x8103, {.authorities = 1}).question("nx.www.Example.COM.", RRType::A);
  const unsigned apex_at = 12 + 3 + 4;
  expected.u16(0xC000 | apex_at).u16(6).u16(1).u32(900).u16(2 * 2 + 3 + 5 + 20);
  expected.raw(as_bytes("\2ns")).u16(0xC000 | apex_at).raw(as_bytes("\4host"));
  expected.u16(0xC000 | apex_at).u32(1).u32(7200).u32(900).u32(1209600).u32(86400);
  EXPECT_EQ(as_text(slot.first(size)), as_text(expected.bytes()));
}

TEST(ResponseWriter, PointsToTheQuestionForItsOwner) {
  Slot slot(plain_query("Example.com.", RRType::MX));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  const PreparedRRset mx("MX", 300, {"10 a.mail.example.com.", "20 b.mail.example.com."});
  ASSERT_TRUE(writer.add(Section::Answer, mx.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {});

  WireBytes expected;
  expected.header(0x8100, {.answers = 2}).question("Example.com.", RRType::MX);
  const auto mail_at = static_cast<unsigned>(expected.bytes().size() + 12 + 2 + 2);
  expected.u16(0xC00C).u16(15).u16(1).u32(300).u16(2 + 2 + 5 + 2);
  expected.u16(10).raw(as_bytes("\1a\4mail")).u16(0xC00C);
  expected.u16(0xC00C).u16(15).u16(1).u32(300).u16(2 + 2 + 2);
  expected.u16(20).raw(as_bytes("\1b")).u16(0xC000 | mail_at);
  EXPECT_EQ(as_text(slot.first(size)), as_text(expected.bytes()));
}

TEST(ResponseWriter, CompressesOwnersButNotNamesOfLaterTypes) {
  Slot slot(plain_query("_s._tcp.example.com.", RRType::SRV));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  const PreparedRRset srv("SRV", 60, {"1 2 53 ns.example.com."});
  const PreparedRRset address("A", 60, {"192.0.2.1"});
  const Name target = name("ns.example.com.");
  ASSERT_TRUE(writer.add(Section::Answer, srv.view()));
  ASSERT_TRUE(writer.add(Section::Additional, target.view(), address.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {});

  WireBytes expected;
  expected.header(0x8100, {.answers = 1, .additionals = 1});
  expected.question("_s._tcp.example.com.", RRType::SRV).raw(srv.view().records);
  expected.raw(as_bytes("\2ns")).u16(0xC000 | (12 + 3 + 5)).raw(address.view().records.subspan(2));
  EXPECT_EQ(as_text(slot.first(size)), as_text(expected.bytes()));
}

TEST(ResponseWriter, FollowsAChain) {
  Slot slot(plain_query("a.example.com.", RRType::A));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  const PreparedRRset first("CNAME", 60, {"b.example.com."});
  const PreparedRRset second("CNAME", 60, {"c.elsewhere.org."});
  const Name b = name("b.example.com.");
  const Name c = name("c.elsewhere.org.");
  ASSERT_TRUE(writer.add(Section::Answer, first.view()));
  ASSERT_TRUE(writer.add(Section::Answer, b.view(), second.view()));
  ASSERT_TRUE(writer.add(Section::Answer, c.view(), kTwoAddresses.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {});
  const auto response = parse_response(slot.first(size)).value();
  ASSERT_EQ(response.answer.size(), 4U);
  EXPECT_EQ(response.answer[1].owner.view().to_text(), "b.example.com.");
  EXPECT_EQ(response.answer[3].owner.view().to_text(), "c.elsewhere.org.");
  EXPECT_EQ(response.answer[3].rdata, (std::vector<uint8_t>{10, 0, 140, 226}));
}

TEST(ResponseWriter, ForgetsNamesOfARejectedRRset) {
  Slot slot(plain_query("example.com.", RRType::NS));
  const PreparedRRset nameservers("NS", 60, {"ns1.other.org.", "ns2.other.org."});
  const PreparedRRset alias("CNAME", 60, {"www.other.org."});
  const size_t start = slot.query().question_end;
  // 1 byte too few for the second NS record: no later name may point to names of the first.
  ResponseWriter writer(slot.buffer(), slot.query(), start + 12 + 15 + 12 + 5);
  EXPECT_FALSE(writer.add(Section::Answer, nameservers.view()));
  EXPECT_TRUE(writer.add(Section::Answer, alias.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {});
  EXPECT_EQ(size, start + 12 + 15);
  const auto response = parse_response(slot.first(size)).value();
  ASSERT_EQ(response.answer.size(), 1U);
  EXPECT_EQ(NameView::from_checked(response.answer[0].rdata.data(), 15).to_text(),
            "www.other.org.");
}

TEST(ResponseWriter, ServesTheRootAsAQuestion) {
  Slot slot(edns_query(".", RRType::NS));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  const PreparedRRset nameservers("NS", 60, {"a.root-servers.net.", "b.root-servers.net.", "."});
  ASSERT_TRUE(writer.add(Section::Answer, nameservers.view()));
  ASSERT_TRUE(writer.add(Section::Authority, NameView(), kSoa.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {});
  const auto response = parse_response(slot.first(size)).value();
  ASSERT_EQ(response.answer.size(), 3U);
  EXPECT_TRUE(response.answer[2].owner.view().is_root());
  EXPECT_EQ(response.answer[2].rdata, std::vector<uint8_t>{0});
  EXPECT_TRUE(test::parse_packet(slot.first(size)));
}

TEST(ResponseWriter, RejectsRdataWithoutTheFormatOfItsType) {
  WireBytes record;
  record.u16(0xC00C).record(RRType::MX, 1, 60, as_bytes(std::string_view("\0\1\4ab", 5)));
  Slot slot(plain_query("a.", RRType::MX));
  ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
  EXPECT_FALSE(writer.add(Section::Answer, {15, 1, record.bytes()}));
  EXPECT_EQ(writer.finish({}, Rcode::NoError, {}), slot.query().question_end);
}

TEST(ResponseWriter, PointsOnlyToOffsetsThatFitAPointer) {
  Slot slot(plain_query("example.com.", RRType::TXT));
  ResponseWriter writer(slot.buffer(), slot.query(), kMaxMessage);
  const std::string filler(200, 'x');
  const PreparedRRset texts("TXT", 60, std::vector<std::string>(90, '"' + filler + '"'));
  ASSERT_TRUE(writer.add(Section::Answer, texts.view()));
  const Name far = name("far.away.org.");
  const PreparedRRset alias("CNAME", 60, {"further.away.org."});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer.add(Section::Answer, far.view(), alias.view()));
  const size_t size = writer.finish({}, Rcode::NoError, {});
  ASSERT_GT(size, 0x4000U);
  EXPECT_TRUE(test::parse_packet(slot.first(size)));
  const auto response = parse_response(slot.first(size)).value();
  for (size_t i = 90; i < 93; ++i) {
    EXPECT_EQ(response.answer[i].owner.view().to_text(), "far.away.org.");
  }
}

TEST(ComposeError, RepeatsTheQuestion) {
  WireBytes message = plain_query("wWw.example.com.", RRType::A);
  message.u8(0);
  Slot slot(message);
  ASSERT_EQ(slot.verdict(), QueryVerdict::FormErr);
  const size_t size =
      compose_error(slot.buffer(), slot.query(), {.recursion_available = true}, Rcode::FormErr, {});
  WireBytes expected;
  expected.header(0x8181, {}).question("wWw.example.com.", RRType::A);
  EXPECT_EQ(as_text(slot.first(size)), as_text(expected.bytes()));
}

TEST(ComposeError, IsABareHeaderWithoutAQuestion) {
  WireBytes message;
  message.header(kRd, {.questions = 2, .answers = 9}).u16(0xC00C);
  Slot slot(message);
  const size_t size = compose_error(slot.buffer(), slot.query(), {}, Rcode::FormErr, {});
  WireBytes expected;
  expected.header(0x8101, {.questions = 0});
  EXPECT_EQ(as_text(slot.first(size)), as_text(expected.bytes()));
}

TEST(ComposeError, HasNoFlagForAnotherOpcode) {
  for (const unsigned opcode : {1U, 2U, 4U, 5U, 15U}) {
    WireBytes message;
    message.header(opcode << 11 | 0x07F0, {}).question("a.", RRType::SOA);
    Slot slot(message);
    ASSERT_EQ(slot.verdict(), QueryVerdict::NotImp);
    const size_t size = compose_error(slot.buffer(), slot.query(), {.recursion_available = true},
                                      Rcode::NotImp, {});
    WireBytes expected;
    expected.header(0x8004 | opcode << 11, {}).question("a.", RRType::SOA);
    EXPECT_EQ(as_text(slot.first(size)), as_text(expected.bytes())) << opcode;
  }
}

TEST(ResponseWriter, AgesCachedRecords) {
  struct Case {
    TtlAging ttl;
    uint32_t expected;
  };
  const Name owner = name("far.example.org.");
  for (const Case& c : {Case{{}, 60}, Case{{.age = 59}, 1}, Case{{.age = 60}, 0},
                        Case{{.age = 61}, 0}, Case{{.age = 10, .fixed = 30}, 30}}) {
    Slot slot(plain_query("www.example.com.", RRType::A));
    ResponseWriter writer(slot.buffer(), slot.query(), kPlainUdpLimit);
    const PreparedRRset cname("CNAME", 60, {"far.example.org."});
    EXPECT_TRUE(writer.add_aged(Section::Answer, slot.query().qname, cname.view(), c.ttl));
    EXPECT_TRUE(writer.add_aged(Section::Answer, owner.view(), kTwoAddresses.view(), c.ttl));
    EXPECT_TRUE(writer.add(Section::Additional, owner.view(), kTwoAddresses.view()));
    const size_t size = writer.finish({}, Rcode::NoError, {});
    const ResponseMessage response = parse_response(slot.first(size)).value();
    ASSERT_EQ(response.answer.size(), 3U);
    for (const auto& record : response.answer) EXPECT_EQ(record.ttl, c.expected);
    for (const auto& record : response.additional) EXPECT_EQ(record.ttl, 60U);
  }
}

TEST(ResponseWriter, TruncatesAgedRecordsLikeOthers) {
  Slot slot(plain_query("www.example.com.", RRType::A));
  const size_t limit = slot.query().question_end + 20;
  ResponseWriter writer(slot.buffer(), slot.query(), limit);
  EXPECT_FALSE(
      writer.add_aged(Section::Answer, slot.query().qname, kTwoAddresses.view(), {.age = 5}));
  EXPECT_TRUE(writer.truncated());
  EXPECT_EQ(writer.finish({}, Rcode::NoError, {}), slot.query().question_end);
}

}  // namespace
}  // namespace inlet53::dns
