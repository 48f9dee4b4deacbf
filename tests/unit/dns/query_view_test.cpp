// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/query_view.h"

#include "wire_bytes.h"
#include <gtest/gtest.h>

namespace inlet53::dns {
namespace {

QueryVerdict verdict(const WireBytes& message) {
  QueryView query;
  return parse_query(message.bytes(), query);
}

constexpr uint32_t kDo = 0x8000;
constexpr uint32_t kVersion1 = 0x10000;

TEST(ParseQuery, ReadsAPlainQuery) {
  WireBytes message;
  message.header(0x0110, {}).question("wWw.Example.com.", RRType::AAAA, 255);
  QueryView query;
  ASSERT_EQ(parse_query(message.bytes(), query), QueryVerdict::Accept);
  EXPECT_EQ(query.id, 0x1234);
  EXPECT_EQ(query.flags1 & 0x01, 0x01);  // RD
  EXPECT_EQ(query.flags2 & 0x10, 0x10);  // CD
  EXPECT_EQ(query.opcode(), Opcode::Query);
  EXPECT_TRUE(query.has_question);
  EXPECT_EQ(query.qname.to_text(), "wWw.Example.com.");
  EXPECT_EQ(query.qname.data(), message.bytes().data() + kHeaderSize);
  EXPECT_EQ(query.qtype, 28);
  EXPECT_EQ(query.qclass, 255);
  EXPECT_EQ(query.question_end, message.bytes().size());
  EXPECT_FALSE(query.edns.present);
}

TEST(ParseQuery, AcceptsTheRootAndTheLongestName) {
  EXPECT_EQ(verdict(plain_query(".", RRType::NS)), QueryVerdict::Accept);
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_EQ(verdict(plain_query(longest, RRType::A)), QueryVerdict::Accept);
}

TEST(ParseQuery, AcceptsLabelsOfAnyOctets) {
  WireBytes message;
  message.header(kRd, {}).u8(4).u8(0).u8(0xFF).u8('.').u8('"').u8(0).u16(1).u16(1);
  EXPECT_EQ(verdict(message), QueryVerdict::Accept);
}

TEST(ParseQuery, IgnoresFlagsThatMeanNothingInAQuery) {
  WireBytes message;
  message.header(0x07EF, {}).question("a.", RRType::A);  // AA TC RD RA Z AD CD, rcode 15
  EXPECT_EQ(verdict(message), QueryVerdict::Accept);
}

TEST(ParseQuery, ClearsTheFieldsOfThePreviousQuery) {
  QueryView query;
  WireBytes first = plain_query("a.", RRType::A, 1);
  first.opt(1232, kDo);
  ASSERT_EQ(parse_query(first.bytes(), query), QueryVerdict::Accept);
  WireBytes second;
  second.header(kRd, {.questions = 0});
  ASSERT_EQ(parse_query(second.bytes(), query), QueryVerdict::FormErr);
  EXPECT_FALSE(query.has_question);
  EXPECT_FALSE(query.edns.present);
  EXPECT_TRUE(query.qname.is_root());
  EXPECT_EQ(query.question_end, kHeaderSize);
}

TEST(ParseQuery, DropsWhatIsShorterThanAHeader) {
  const WireBytes message = plain_query("a.", RRType::A);
  QueryView query;
  for (size_t size = 0; size < kHeaderSize; ++size) {
    EXPECT_EQ(parse_query(message.bytes().first(size), query), QueryVerdict::Drop);
  }
}

TEST(ParseQuery, DropsResponsesOfAnyOpcode) {
  for (unsigned opcode = 0; opcode < 16; ++opcode) {
    WireBytes message;
    message.header(0x8000 | opcode << 11, {}).question("a.", RRType::A);
    EXPECT_EQ(verdict(message), QueryVerdict::Drop);
  }
}

TEST(ParseQuery, DoesNotImplementOtherOpcodes) {
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    WireBytes message;
    message.header(opcode << 11, {.answers = 7, .authorities = 9}).question("a.", RRType::SOA);
    message.raw(as_bytes("whatever follows"));
    QueryView query;
    EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::NotImp);
    EXPECT_TRUE(query.has_question);
    EXPECT_EQ(query.opcode(), static_cast<Opcode>(opcode));
  }
}

TEST(ParseQuery, DoesNotImplementOtherOpcodesWithoutAQuestionEither) {
  WireBytes status;
  status.header(0x1000, {.questions = 0});
  WireBytes update_cut_off;
  update_cut_off.header(0x2800, {}).raw(as_bytes("\7exam"));
  for (const WireBytes& message : {status, update_cut_off}) {
    QueryView query;
    EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::NotImp);
    EXPECT_FALSE(query.has_question);
    EXPECT_EQ(query.question_end, kHeaderSize);
  }
}

TEST(ParseQuery, RejectsNoQuestionAndSeveral) {
  WireBytes none;
  none.header(kRd, {.questions = 0});
  EXPECT_EQ(verdict(none), QueryVerdict::FormErr);
  for (const unsigned questions : {2U, 65535U}) {
    WireBytes several;
    several.header(kRd, {.questions = questions});
    several.question("a.", RRType::A).question("b.", RRType::A);
    QueryView query;
    EXPECT_EQ(parse_query(several.bytes(), query), QueryVerdict::FormErr);
    EXPECT_FALSE(query.has_question);
  }
}

TEST(ParseQuery, RejectsAQuestionThatIsCutOff) {
  const WireBytes message = plain_query("www.example.com.", RRType::A);
  QueryView query;
  for (size_t size = kHeaderSize; size < message.bytes().size(); ++size) {
    EXPECT_EQ(parse_query(message.bytes().first(size), query), QueryVerdict::FormErr);
    EXPECT_FALSE(query.has_question);
  }
}

TEST(ParseQuery, RejectsAPointerInTheQuestion) {
  for (const unsigned pointer : {0xC000U, 0xC00CU, 0xC010U, 0xFFFFU}) {
    WireBytes message;
    message.header(kRd, {}).u8(1).u8('a').u16(pointer).u16(1).u16(1);
    EXPECT_EQ(verdict(message), QueryVerdict::FormErr);
  }
}

TEST(ParseQuery, RejectsLabelTypes01And10) {
  for (const unsigned type : {0x40U, 0x80U}) {
    WireBytes message;
    message.header(kRd, {}).u8(type).raw(std::vector<uint8_t>(200, 0));
    EXPECT_EQ(verdict(message), QueryVerdict::FormErr);
  }
}

TEST(ParseQuery, RejectsTrailingOctets) {
  WireBytes message = plain_query("a.", RRType::A);
  QueryView query;
  message.u8(0);
  EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::FormErr);
  EXPECT_TRUE(query.has_question);  // so that the error response repeats it

  WireBytes behind_opt = plain_query("a.", RRType::A, 1);
  behind_opt.opt(1232).u8(0);
  EXPECT_EQ(parse_query(behind_opt.bytes(), query), QueryVerdict::FormErr);
  EXPECT_TRUE(query.edns.present);
}

TEST(ParseQuery, RejectsWrongCounts) {
  const uint8_t address[] = {192, 0, 2, 1};
  for (const unsigned additionals : {2U, 3U, 65535U}) {
    WireBytes message = plain_query("a.", RRType::A, additionals);
    message.u16(0xC00C).record(RRType::A, 1, 60, address);
    EXPECT_EQ(verdict(message), QueryVerdict::FormErr) << additionals;
  }
  WireBytes uncounted = plain_query("a.", RRType::A, 0);
  uncounted.opt(1232);
  EXPECT_EQ(verdict(uncounted), QueryVerdict::FormErr);
}

TEST(ParseQuery, RejectsRecordsInTheAnswerSection) {
  const uint8_t address[] = {192, 0, 2, 1};
  WireBytes message;
  message.header(kRd, {.answers = 1}).question("a.", RRType::A);
  message.u16(0xC00C).record(RRType::A, 1, 60, address);
  EXPECT_EQ(verdict(message), QueryVerdict::FormErr);
}

TEST(ParseQuery, AcceptsAuthorityRecordsForIxfrOnly) {
  for (const RRType qtype : {RRType::IXFR, RRType::A, RRType::AXFR}) {
    WireBytes message;
    message.header(0, {.authorities = 1}).question("a.", qtype);
    WireBytes soa;
    soa.name("ns.").name("host.").u32(1).u32(2).u32(3).u32(4).u32(5);
    message.u16(0xC00C).record(RRType::SOA, 1, 0, soa.bytes());
    EXPECT_EQ(verdict(message),
              qtype == RRType::IXFR ? QueryVerdict::Accept : QueryVerdict::FormErr);
  }
}

TEST(ParseQuery, IgnoresOtherAdditionalRecords) {
  WireBytes message = plain_query("a.", RRType::A, 3);
  message.name("key.example.").record(RRType::TSIG, 255, 0, as_bytes("any octets"));
  message.opt(4096, kDo);
  message.u16(0xC0FF).record(RRType::TXT, 1, 0, {});  // the owner is not followed
  QueryView query;
  EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::Accept);
  EXPECT_TRUE(query.edns.present);
}

TEST(ParseQuery, RejectsAnAdditionalRecordThatIsCutOff) {
  WireBytes message = plain_query("a.", RRType::A, 1);
  message.name("long.owner.example.").record(RRType::TXT, 1, 0, as_bytes("\4text"));
  QueryView query;
  for (size_t size = 19; size < message.bytes().size(); ++size) {
    EXPECT_EQ(parse_query(message.bytes().first(size), query), QueryVerdict::FormErr) << size;
  }
}

TEST(ParseQuery, RejectsMetaTypesThatAreNoQuestion) {
  EXPECT_EQ(verdict(plain_query("a.", RRType::OPT)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(plain_query("a.", RRType::TSIG)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(plain_query("a.", RRType::AXFR)), QueryVerdict::Accept);
  EXPECT_EQ(verdict(plain_query("a.", RRType::ANY)), QueryVerdict::Accept);
}

TEST(ParseQueryEdns, ReadsTheOpt) {
  WireBytes message = plain_query("a.", RRType::A, 1);
  message.opt(1232, kDo, as_bytes(std::string_view("\0\x0A\0\2xy", 6)));
  QueryView query;
  ASSERT_EQ(parse_query(message.bytes(), query), QueryVerdict::Accept);
  EXPECT_TRUE(query.edns.present);
  EXPECT_TRUE(query.edns.dnssec_ok);
  EXPECT_EQ(query.edns.version, 0);
  EXPECT_EQ(query.edns.udp_size, 1232);
  EXPECT_EQ(query.edns.options.size(), 6U);
  EXPECT_EQ(query.edns.options.data() + 6, message.bytes().data() + message.bytes().size());
}

TEST(ParseQueryEdns, LeavesTheSizeAsSent) {
  WireBytes message = plain_query("a.", RRType::A, 1);
  message.opt(0);
  QueryView query;
  ASSERT_EQ(parse_query(message.bytes(), query), QueryVerdict::Accept);
  EXPECT_TRUE(query.edns.present);
  EXPECT_EQ(query.edns.udp_size, 0);
  EXPECT_FALSE(query.edns.dnssec_ok);
}

TEST(ParseQueryEdns, RejectsTwoOpts) {
  WireBytes message = plain_query("a.", RRType::A, 2);
  message.opt(1232).opt(1232);
  QueryView query;
  EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::FormErr);
  EXPECT_TRUE(query.edns.present);  // so that the error response has an OPT
  EXPECT_TRUE(query.has_question);
}

TEST(ParseQueryEdns, RejectsAnOptThatIsNotOwnedByTheRoot) {
  WireBytes named = plain_query("a.", RRType::A, 1);
  named.name("a.").record(RRType::OPT, 1232, 0, {});
  EXPECT_EQ(verdict(named), QueryVerdict::FormErr);
  WireBytes pointed = plain_query("a.", RRType::A, 1);  // an owner that is a pointer to the root
  pointed.u16(0xC00E).record(RRType::OPT, 1232, 0, {});
  EXPECT_EQ(verdict(pointed), QueryVerdict::FormErr);
}

TEST(ParseQueryEdns, RejectsAnOptOutsideTheAdditionalSection) {
  WireBytes in_answer;
  in_answer.header(kRd, {.answers = 1}).question("a.", RRType::A).opt(1232);
  EXPECT_EQ(verdict(in_answer), QueryVerdict::FormErr);
  WireBytes in_authority;
  in_authority.header(kRd, {.authorities = 1}).question("a.", RRType::IXFR).opt(1232);
  EXPECT_EQ(verdict(in_authority), QueryVerdict::FormErr);
}

TEST(ParseQueryEdns, RejectsOptionsThatLeaveTheOpt) {
  for (const std::string_view options :
       {std::string_view("\0\x0A\0\3xy", 6), std::string_view("\0\x0A\0", 3),
        std::string_view("\0", 1), std::string_view("\0\x0A\xFF\xFFxy", 6),
        std::string_view("\0\x0A\0\2xy\0", 7)}) {
    WireBytes message = plain_query("a.", RRType::A, 1);
    message.opt(1232, 0, as_bytes(options));
    QueryView query;
    EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::FormErr);
    EXPECT_TRUE(query.edns.present);
    EXPECT_TRUE(query.edns.options.empty());
  }
}

TEST(ParseQueryEdns, RejectsAnOptThatLeavesTheMessage) {
  WireBytes message = plain_query("a.", RRType::A, 1);
  message.opt(1232, 0, as_bytes(std::string_view("\0\x0A\0\2xy", 6)));
  QueryView query;
  for (size_t cut = 1; cut < 17; ++cut) {
    const Bytes octets = message.bytes().first(message.bytes().size() - cut);
    EXPECT_EQ(parse_query(octets, query), QueryVerdict::FormErr);
    EXPECT_FALSE(query.edns.present);
  }
}

TEST(ParseQueryEdns, AcceptsRepeatedUnknownAndEmptyOptions) {
  WireBytes options;
  for (unsigned i = 0; i < 16000; ++i) options.u16(i % 20).u16(0);
  WireBytes message = plain_query("a.", RRType::A, 1);
  message.opt(1232, 0, options.bytes());
  ASSERT_LE(message.bytes().size(), kMaxMessage);
  QueryView query;
  EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::Accept);
  EXPECT_EQ(query.edns.options.size(), 64000U);
}

TEST(ParseQueryEdns, DoesNotKnowOtherVersions) {
  WireBytes message = plain_query("a.", RRType::A, 1);
  message.opt(1232, kVersion1 | kDo, as_bytes("not options"));
  QueryView query;
  EXPECT_EQ(parse_query(message.bytes(), query), QueryVerdict::BadVers);
  EXPECT_EQ(query.edns.version, 1);
  EXPECT_TRUE(query.edns.dnssec_ok);
  EXPECT_TRUE(query.has_question);
}

TEST(ParseQueryEdns, RejectsABrokenMessageBeforeItsVersion) {
  WireBytes message = plain_query("a.", RRType::A, 1);
  message.opt(1232, kVersion1).u8(0);
  EXPECT_EQ(verdict(message), QueryVerdict::FormErr);
}

TEST(ParseQuery, AcceptsNoQuestionInARequestForACookie) {
  const auto without_question = [](unsigned additionals, unsigned flags = kRd) {
    WireBytes message;
    message.header(flags, {.questions = 0, .additionals = additionals});
    return message;
  };
  const Bytes cookie =
      as_bytes(std::string_view("\0\x0A\0\x08"
                                "12345678",
                                12));
  const Bytes unknown = as_bytes(std::string_view("\xFF\0\0\0", 4));

  QueryView query;
  const WireBytes asked = without_question(1).opt(1232, 0, cookie);
  EXPECT_EQ(parse_query(asked.bytes(), query), QueryVerdict::CookieOnly);
  EXPECT_FALSE(query.has_question);
  EXPECT_EQ(query.question_end, kHeaderSize);
  EXPECT_EQ(as_text(query.edns.options), as_text(cookie));

  EXPECT_EQ(parse_query(without_question(1).opt(1232, 0, unknown).bytes(), query),
            QueryVerdict::FormErr);
  EXPECT_TRUE(query.edns.present) << "so that the error has an OPT";
  EXPECT_EQ(verdict(without_question(1).opt(1232, 0x00010000, cookie)), QueryVerdict::BadVers);
  EXPECT_EQ(verdict(without_question(1).opt(1232, 0, cookie).u8(0)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(without_question(2).opt(1232, 0, cookie)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(without_question(1)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(without_question(1, 0x2800).opt(1232, 0, cookie)), QueryVerdict::NotImp);
  WireBytes answered;
  answered.header(kRd, {.questions = 0, .answers = 1, .additionals = 0}).opt(1232, 0, cookie);
  EXPECT_EQ(verdict(answered), QueryVerdict::FormErr);
}

}  // namespace
}  // namespace inlet53::dns
