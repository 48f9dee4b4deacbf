// SPDX-License-Identifier: Apache-2.0
#include "target_query.h"

#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "support/ldns.h"
#include <gtest/gtest.h>

namespace inlet53::forward {
namespace {

constexpr QueryForm kPlain{.edns = false, .random_case = false};

dns::Name name(std::string_view text) { return dns::Name::parse_text(text).value(); }

struct Composed {
  explicit Composed(std::string_view qname, QueryForm how = {}) : form(how) {
    query.assign(name(qname).view(), 28, 1232, random);
    octets.resize(TargetQuery::kMaxSize);
    octets.resize(query.compose(form, octets.data()));
  }
  // Makes a response from the query.
  [[nodiscard]] std::vector<uint8_t> echoed() const {
    std::vector<uint8_t> message = octets;
    message[2] |= 0x80;
    return message;
  }

  RandomBytes random;
  TargetQuery query;
  QueryForm form;
  std::vector<uint8_t> octets;
};

TEST(TargetQuery, IsReadByLdns) {
  const Composed composed("www.example.com.");
  const auto packet = test::parse_packet(composed.octets);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(ldns_pkt_rd(packet.get()));
  EXPECT_FALSE(ldns_pkt_cd(packet.get()));
  EXPECT_FALSE(ldns_pkt_qr(packet.get()));
  EXPECT_TRUE(ldns_pkt_edns(packet.get()));
  EXPECT_FALSE(ldns_pkt_edns_do(packet.get()));
  EXPECT_EQ(ldns_pkt_edns_udp_size(packet.get()), 1232);
  ASSERT_EQ(ldns_pkt_qdcount(packet.get()), 1);
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(packet.get()), 0);
  EXPECT_EQ(ldns_rr_get_type(question), LDNS_RR_TYPE_AAAA);
  EXPECT_EQ(ldns_rr_get_class(question), LDNS_RR_CLASS_IN);
}

TEST(TargetQuery, SaysOnlyTheQuestionWhenPlain) {
  const Composed composed("www.example.com.", kPlain);
  std::string expected("\0\0\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\x1c\0\1", 33);
  EXPECT_EQ(as_text(composed.octets), expected);
}

TEST(TargetQuery, ComposesTheLongestName) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b') + ".";
  const Composed composed(longest);
  EXPECT_EQ(composed.octets.size(), TargetQuery::kMaxSize);
  EXPECT_EQ(composed.query.match(composed.form, composed.echoed()), QueryMatch::SameQuestion);
}

TEST(TargetQuery, HasItsLettersInRandomCase) {
  std::set<std::string> seen;
  size_t upper = 0;
  for (int i = 0; i < 200; ++i) {
    const Composed composed("abcdefghijklmnop.12-34.");
    const std::string text(as_text(Bytes(composed.octets).subspan(12, 24)));
    seen.insert(text);
    for (const char c : text) upper += c >= 'A' && c <= 'Z' ? 1 : 0;
    EXPECT_EQ(text.substr(17), std::string("\5"
                                           "12-34\0",
                                           7));
  }
  EXPECT_GT(seen.size(), 190U);  // of 2^16
  EXPECT_GT(upper, 1400U);       // of 3200, half
  EXPECT_LT(upper, 1800U);
}

TEST(TargetQuery, MatchesItsOwnQuestionOnly) {
  const Composed composed("www.example.com.");
  const auto match = [&](const std::vector<uint8_t>& message) {
    return composed.query.match(composed.form, message);
  };
  EXPECT_EQ(match(composed.echoed()), QueryMatch::SameQuestion);
  EXPECT_EQ(match(composed.octets), QueryMatch::None);  // not a response
  for (size_t at = 12; at < 12 + 17 + 4; ++at) {
    auto changed = composed.echoed();
    changed[at] ^= 0x01;
    EXPECT_EQ(match(changed), QueryMatch::None) << at;
  }
  for (size_t size = 0; size < 12 + 17 + 4; ++size) {
    const auto whole = composed.echoed();
    EXPECT_EQ(match({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}),
              QueryMatch::None)
        << size;
  }
  auto opcode = composed.echoed();
  opcode[2] |= 0x28;
  EXPECT_EQ(match(opcode), QueryMatch::None);
  auto two = composed.echoed();
  two[5] = 2;
  EXPECT_EQ(match(two), QueryMatch::None);
}

TEST(TargetQuery, TellsOtherLettersFromAnotherQuestion) {
  const Composed composed("www.example.com.");
  auto lower = composed.echoed();
  for (size_t at = 12; at < 12 + 17; ++at) {
    lower[at] = static_cast<uint8_t>(std::tolower(lower[at]));
  }
  if (composed.octets[13] == 'w') lower[13] = 'W';  // the letter always differs
  EXPECT_EQ(composed.query.match(composed.form, lower), QueryMatch::OtherCase);
  EXPECT_EQ(composed.query.match(kPlain, lower), QueryMatch::SameQuestion);
}

TEST(TargetQuery, KnowsABareError) {
  const Composed composed("www.example.com.");
  std::vector<uint8_t> bare(12, 0);
  bare[2] = 0x80;
  EXPECT_EQ(composed.query.match(composed.form, bare), QueryMatch::None);
  bare[3] = 1;
  EXPECT_EQ(composed.query.match(composed.form, bare), QueryMatch::BareError);
  bare[3] = 4;
  EXPECT_EQ(composed.query.match(composed.form, bare), QueryMatch::BareError);
  bare[3] = 3;  // NXDOMAIN without a question
  EXPECT_EQ(composed.query.match(composed.form, bare), QueryMatch::None);
}

}  // namespace
}  // namespace inlet53::forward
