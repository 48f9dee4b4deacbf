// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/answer_chain.h"

#include "support/ldns.h"
#include "wire_bytes.h"
#include <gtest/gtest.h>

namespace inlet53::dns {
namespace {

using Counts = WireBytes::Counts;

Name name(std::string_view text) { return Name::parse_text(text).value(); }

// A response composed record by record; owners and RDATA are in presentation form.
class Response {
 public:
  explicit Response(std::string_view qname, RRType qtype = RRType::A, unsigned rcode = 0)
      : flags_(0x8180 | rcode), qname_(name(qname)), qtype_(qtype) {}

  Response& answer(std::string_view owner, uint32_t ttl, std::string_view type,
                   const std::string& rdata) {
    add(counts_.answers, owner, ttl, type, rdata);
    return *this;
  }
  Response& authority(std::string_view owner, uint32_t ttl, std::string_view type,
                      const std::string& rdata) {
    add(counts_.authorities, owner, ttl, type, rdata);
    return *this;
  }
  Response& raw_answer(Bytes record) {
    ++counts_.answers;
    records_.raw(record);
    return *this;
  }
  Response& opt(uint32_t ttl, Bytes options = {}) {
    ++counts_.additionals;
    records_.opt(1232, ttl, options);
    return *this;
  }

  [[nodiscard]] WireBytes message() const {
    WireBytes out;
    out.header(flags_, counts_).raw(qname_.view().bytes());
    return out.u16(static_cast<uint16_t>(qtype_)).u16(1).raw(records_.bytes());
  }
  [[nodiscard]] bool read(AnswerChain& chain, std::string_view apex) const {
    Name asked = qname_;
    asked.fold();
    return chain.read(message().bytes(), asked.view(), static_cast<uint16_t>(qtype_),
                      name(apex).view());
  }

 private:
  void add(unsigned& count, std::string_view owner, uint32_t ttl, std::string_view type,
           const std::string& rdata) {
    ++count;
    records_.name(owner).record(static_cast<RRType>(parse_type(type).value()), 1, ttl,
                                test::rdata_from_text(std::string(type), rdata).value());
  }

  unsigned flags_;
  Counts counts_;
  Name qname_;
  RRType qtype_;
  WireBytes records_;
};

constexpr std::string_view kSoaRdata = "ns.example.com. host.example.com. 1 7200 900 1209600 86400";

std::vector<std::string> described(const AnswerChain& chain) {
  std::vector<std::string> out;
  for (const ChainRRset& each : chain.rrsets()) {
    out.push_back(each.owner.to_text() + " " + std::to_string(each.ttl) + " " +
                  type_text(each.rrset.type) + " x" + std::to_string(each.rrset.count));
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(AnswerChain, ReadsOneRRsetInPreparedForm) {
  AnswerChain chain;
  Response response("wWw.example.com.");
  response.answer("www.example.com.", 60, "A", "192.0.2.1");
  response.answer("WWW.Example.com.", 50, "A", "192.0.2.2");
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(chain.end(), ChainEnd::Answer);
  EXPECT_EQ(chain.rcode(), Rcode::NoError);
  EXPECT_EQ(described(chain), Texts{"www.example.com. 50 A x2"});
  const uint8_t first[] = {192, 0, 2, 1};
  const uint8_t second[] = {192, 0, 2, 2};
  WireBytes expected;
  expected.u16(0xC00C).record(RRType::A, 1, 50, first);
  expected.u16(0xC00C).record(RRType::A, 1, 50, second);
  EXPECT_EQ(as_text(chain.rrsets()[0].rrset.records), as_text(expected.bytes()));
  EXPECT_EQ(chain.soa(), nullptr);
  EXPECT_FALSE(chain.has_opt());
}

TEST(AnswerChain, FollowsAliasesInAnyOrder) {
  AnswerChain chain;
  Response response("a.example.com.");
  response.answer("c.example.com.", 10, "A", "192.0.2.1");
  response.answer("b.example.com.", 20, "CNAME", "C.example.com.");
  response.answer("a.example.com.", 30, "CNAME", "b.example.com.");
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(described(chain), (Texts{"a.example.com. 30 CNAME x1", "b.example.com. 20 CNAME x1",
                                     "c.example.com. 10 A x1"}));
  EXPECT_EQ(chain.last_name().to_text(), "c.example.com.");
  EXPECT_EQ(chain.end(), ChainEnd::Answer);
}

// A CNAME made from a DNAME repeats labels of the question in the letter case in which it was sent.
TEST(AnswerChain, LowersLettersCopiedFromTheQuestion) {
  AnswerChain chain;
  Response response("wWw.hOSt.old.example.com.");
  response.answer("old.example.com.", 60, "DNAME", "New.example.com.");
  response.answer("www.host.old.example.com.", 60, "CNAME", "wWw.hOSt.New.example.com.");
  response.answer("www.host.new.example.com.", 60, "CNAME", "wWw.HOST.example.com.");
  response.answer("www.host.example.com.", 60, "A", "192.0.2.1");
  const Name sent = name("wWw.hOSt.old.example.com.");
  const Name asked = name("www.host.old.example.com.");
  ASSERT_TRUE(chain.read(response.message().bytes(), asked.view(), 1, name("example.com.").view(),
                         sent.view()));
  ASSERT_EQ(chain.rrsets().size(), 3U);
  const auto target = [&](size_t index) {
    return parse_flat_name(chain.rrsets()[index].rrset.records, PreparedRecord::kHead)->to_text();
  };
  EXPECT_EQ(target(0), "www.host.New.example.com.") << "what is the target's stays";
  EXPECT_EQ(target(1), "www.HOST.example.com.");
}

// A pointer is followed only when it leads back to the name.
TEST(AnswerChain, FollowsOwnersThatPointToEarlierNames) {
  const Name qname = name("a.example.com.");
  const auto read = [&](uint16_t first_owner, uint16_t second_owner) {
    WireBytes message;
    message.header(0x8180, {.answers = 2}).raw(qname.view().bytes()).u16(1).u16(1);
    const uint8_t alias[] = {1, 'b', 0xC0, 14};  // b.example.com., at offset 43
    const uint8_t address[] = {192, 0, 2, 1};
    message.u16(first_owner).record(RRType::CNAME, 1, 60, alias);
    message.u16(second_owner).record(RRType::A, 1, 60, address);
    AnswerChain chain;
    EXPECT_TRUE(chain.read(message.bytes(), qname.view(), 1, name("example.com.").view()));
    return described(chain);
  };
  EXPECT_EQ(read(0xC00C, 0xC02B), (Texts{"a.example.com. 60 CNAME x1", "b.example.com. 60 A x1"}));
  EXPECT_EQ(read(0xC00C, 0xC00E), (Texts{"a.example.com. 60 CNAME x1"})) << "example.com.";
  EXPECT_EQ(read(0xC00E, 0xC02B), Texts{}) << "the alias is not the question's";
}

TEST(AnswerChain, IgnoresRecordsOutsideTheChain) {
  AnswerChain chain;
  Response response("www.example.com.");
  response.answer("www.example.com.", 60, "A", "192.0.2.1");
  response.answer("www.example.com.", 60, "AAAA", "2001:db8::1");
  response.answer("bank.example.com.", 60, "A", "192.0.2.66");
  response.authority("example.com.", 60, "NS", "ns.attacker.test.");
  response.authority("example.com.", 60, "SOA", std::string(kSoaRdata));
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(described(chain), Texts{"www.example.com. 60 A x1"});
  EXPECT_EQ(chain.soa(), nullptr);
}

TEST(AnswerChain, EndsWhereAnAliasLeavesTheApex) {
  AnswerChain chain;
  Response response("www.example.com.", RRType::A, 3);
  response.answer("www.example.com.", 60, "CNAME", "www.example.org.");
  response.answer("www.example.org.", 60, "A", "192.0.2.66");
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(chain.end(), ChainEnd::Outside);
  EXPECT_EQ(chain.rcode(), Rcode::NoError);
  EXPECT_EQ(described(chain), Texts{"www.example.com. 60 CNAME x1"});
  EXPECT_EQ(chain.last_name().to_text(), "www.example.org.");
  // Every name is within the bailiwick of a rule for the root.
  ASSERT_TRUE(response.read(chain, "."));
  EXPECT_EQ(chain.end(), ChainEnd::Answer);
  EXPECT_EQ(chain.rcode(), Rcode::NXDomain);
  EXPECT_EQ(chain.rrsets().size(), 2U);
}

TEST(AnswerChain, ReturnsTheSoaOfANegativeAnswer) {
  for (const std::string_view owner : {"www.example.com.", "example.com.", "com.", "."}) {
    AnswerChain chain;
    Response response("www.example.com.", RRType::A, 3);
    response.authority("example.org.", 60, "SOA", std::string(kSoaRdata));
    response.authority(owner, 300, "SOA", std::string(kSoaRdata));
    ASSERT_TRUE(response.read(chain, "example.com."));
    EXPECT_EQ(chain.end(), ChainEnd::NoData);
    EXPECT_EQ(chain.rcode(), Rcode::NXDomain);
    ASSERT_NE(chain.soa(), nullptr) << owner;
    EXPECT_EQ(chain.soa()->owner.to_text(), owner);
    EXPECT_EQ(chain.soa()->ttl, 300U);
    EXPECT_EQ(chain.soa()->rrset.count, 1U);
  }
  AnswerChain chain;
  Response elsewhere("www.example.com.", RRType::A, 3);
  elsewhere.authority("example.org.", 60, "SOA", std::string(kSoaRdata));
  ASSERT_TRUE(elsewhere.read(chain, "example.com."));
  EXPECT_EQ(chain.soa(), nullptr);
}

TEST(AnswerChain, ReturnsTheSoaOfTheLastNameOfAChain) {
  AnswerChain chain;
  Response response("a.example.com.");
  response.answer("a.example.com.", 30, "CNAME", "x.sub.example.com.");
  response.authority("sub.example.com.", 20, "SOA", std::string(kSoaRdata));
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(chain.end(), ChainEnd::NoData);
  EXPECT_EQ(chain.last_name().to_text(), "x.sub.example.com.");
  ASSERT_NE(chain.soa(), nullptr);
  EXPECT_EQ(chain.soa()->owner.to_text(), "sub.example.com.");
}

TEST(AnswerChain, ReturnsAnAliasAsTheAnswerToItsType) {
  for (const RRType qtype : {RRType::CNAME, RRType::ANY}) {
    AnswerChain chain;
    Response response("a.example.com.", qtype);
    response.answer("a.example.com.", 30, "CNAME", "b.example.com.");
    response.answer("b.example.com.", 30, "A", "192.0.2.1");
    ASSERT_TRUE(response.read(chain, "example.com."));
    EXPECT_EQ(chain.end(), ChainEnd::Answer);
    EXPECT_EQ(described(chain), Texts{"a.example.com. 30 CNAME x1"});
  }
}

TEST(AnswerChain, UncompressesNames) {
  AnswerChain chain;
  WireBytes mx;
  mx.u16(0xC00C).record(RRType::MX, 1, 60, as_bytes(std::string_view("\0\5\4mail\xC0\x0C", 9)));
  Response response("example.com.", RRType::MX);
  response.raw_answer(mx.bytes());
  ASSERT_TRUE(response.read(chain, "example.com."));
  WireBytes rdata;
  rdata.u16(5).name("mail.example.com.");
  WireBytes expected;
  expected.u16(0xC00C).record(RRType::MX, 1, 60, rdata.bytes());
  EXPECT_EQ(as_text(chain.rrsets()[0].rrset.records), as_text(expected.bytes()));
}

TEST(AnswerChain, TreatsATtlWithTheHighestBitAsZero) {
  AnswerChain chain;
  Response response("www.example.com.");
  response.answer("www.example.com.", 0x80000001, "A", "192.0.2.1");
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(chain.rrsets()[0].ttl, 0U);
}

TEST(AnswerChain, JoinsTheExtendedRcodeAndReadsTheExtendedError) {
  AnswerChain chain;
  Response response("www.example.com.", RRType::A, 2);
  response.opt(0x01000000, as_bytes(std::string_view("\0\x0F\0\2\0\x16", 6)));
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_TRUE(chain.has_opt());
  EXPECT_EQ(chain.rcode(), static_cast<Rcode>(0x12));
  EXPECT_EQ(chain.ede(), 22);
}

TEST(AnswerChain, RejectsLoopsAndChainsThatAreTooLong) {
  const auto link = [](size_t i) { return "n" + std::to_string(i) + ".example.com."; };
  AnswerChain chain;
  Response longest(link(0));
  for (size_t i = 0; i < AnswerChain::kMaxAliases; ++i) {
    longest.answer(link(i), 60, "CNAME", link(i + 1));
  }
  longest.answer(link(AnswerChain::kMaxAliases), 60, "A", "192.0.2.1");
  ASSERT_TRUE(longest.read(chain, "example.com."));
  EXPECT_EQ(chain.rrsets().size(), AnswerChain::kMaxAliases + 1);
  longest.answer(link(AnswerChain::kMaxAliases), 60, "CNAME", "www.example.com.");
  EXPECT_TRUE(longest.read(chain, "example.com."));

  Response over(link(0));
  for (size_t i = 0; i <= AnswerChain::kMaxAliases; ++i) {
    over.answer(link(i), 60, "CNAME", link(i + 1));
  }
  EXPECT_FALSE(over.read(chain, "example.com."));

  Response loop("a.example.com.");
  loop.answer("a.example.com.", 60, "CNAME", "a.example.com.");
  EXPECT_FALSE(loop.read(chain, "example.com."));
}

TEST(AnswerChain, RejectsMalformedResponses) {
  AnswerChain chain;
  Response whole("www.example.com.");
  whole.answer("www.example.com.", 60, "A", "192.0.2.1");
  whole.authority("example.com.", 60, "NS", "ns.example.com.");
  whole.opt(0);
  ASSERT_TRUE(whole.read(chain, "example.com."));
  const std::vector<uint8_t> octets = whole.message().vector();
  const Name qname = name("www.example.com.");
  const size_t question_end = 12 + qname.view().size() + 4;
  for (size_t size = question_end; size < octets.size(); ++size) {
    EXPECT_FALSE(chain.read(Bytes(octets).first(size), qname.view(), 1, NameView())) << size;
  }
  std::vector<uint8_t> longer = octets;
  longer.push_back(0);
  EXPECT_FALSE(chain.read(longer, qname.view(), 1, NameView()));
  whole.opt(0);
  EXPECT_FALSE(whole.read(chain, "example.com."));

  WireBytes short_address;
  short_address.u16(0xC00C).record(RRType::A, 1, 60, as_bytes("abc"));
  Response wrong_shape("www.example.com.");
  wrong_shape.raw_answer(short_address.bytes());
  EXPECT_FALSE(wrong_shape.read(chain, "example.com."));
}

// Compressed names could expand twentyfold.
TEST(AnswerChain, RejectsResponsesThatExpandTooMuch) {
  AnswerChain chain;
  const std::string label(63, 'a');
  const std::string deep = label + "." + label + "." + label + ".example.com.";
  Response response(deep, RRType::NS);
  WireBytes nameserver;
  nameserver.u16(0xC00C).record(RRType::NS, 1, 60, as_bytes("\xC0\x0C"));
  size_t records = 0;
  for (; records < 500; ++records) response.raw_answer(nameserver.bytes());
  EXPECT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(chain.rrsets()[0].rrset.count, 500U);
  for (; records < 4000; ++records) response.raw_answer(nameserver.bytes());
  EXPECT_FALSE(response.read(chain, "example.com."));
}

TEST(AnswerChain, IgnoresOtherClasses) {
  AnswerChain chain;
  WireBytes chaos;
  chaos.u16(0xC00C).record(RRType::A, 3, 60, as_bytes("abcd"));
  Response response("www.example.com.");
  response.raw_answer(chaos.bytes());
  ASSERT_TRUE(response.read(chain, "example.com."));
  EXPECT_EQ(chain.end(), ChainEnd::NoData);
}

}  // namespace
}  // namespace inlet53::dns
