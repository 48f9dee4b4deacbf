// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/types.h"

#include <string>
#include <utility>

#include "support/ldns.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"

namespace inlet53::dns {
namespace {

std::string class_text(uint16_t rrclass) {
  char text[10];
  return {text, write_class(rrclass, text)};
}

TEST(Types, AgreeWithLdnsOnEveryMnemonic) {
  for (uint32_t type = 0; type <= 65535; ++type) {
    const auto type16 = static_cast<uint16_t>(type);
    const std::string theirs = test::take_text(ldns_rr_type2str(static_cast<ldns_rr_type>(type)));
    EXPECT_EQ(type_text(type16), theirs);
    EXPECT_EQ(type_mnemonic(type16), theirs.starts_with("TYPE") ? "" : theirs);
  }
}

TEST(Types, ParseTheirOwnText) {
  for (uint32_t type = 0; type <= 65535; type += type < 300 ? 1 : 11) {
    const auto type16 = static_cast<uint16_t>(type);
    EXPECT_EQ(parse_type(type_text(type16)), type16);
    EXPECT_EQ(parse_type("TYPE" + std::to_string(type)), type16);
  }
}

// IANA's list of "Resource Record (RR) TYPEs" without those that ldns 1.8 knows. The parser accepts
// them; the writer writes numbers, which ldns can read.
TEST(Types, ParseMnemonicsThatAreNewerThanLdns) {
  constexpr std::pair<uint16_t, const char*> kNewer[] = {
      {56, "NINFO"},  {57, "RKEY"}, {66, "DSYNC"},     {67, "HHIT"},     {68, "BRID"},
      {100, "UINFO"}, {101, "UID"}, {102, "GID"},      {103, "UNSPEC"},  {128, "NXNAME"},
      {258, "AVC"},   {259, "DOA"}, {260, "AMTRELAY"}, {261, "RESINFO"}, {262, "WALLET"},
      {263, "CLA"},   {264, "IPN"}, {32768, "TA"},
  };
  for (const auto& [type, text] : kNewer) {
    EXPECT_EQ(parse_type(text), type) << text;
    EXPECT_EQ(parse_type(ascii_lower(text)), type) << text;
    EXPECT_EQ(type_text(type), "TYPE" + std::to_string(type)) << text;
    EXPECT_EQ(type_mnemonic(type), "") << text;
    EXPECT_EQ(ldns_get_rr_type_by_name(text), 0) << text << " is known to ldns: write it too";
  }
}

TEST(Types, ParseAnyLetterCase) {
  EXPECT_EQ(parse_type("aaaa"), 28);
  EXPECT_EQ(parse_type("Nsec3Param"), 51);
  EXPECT_EQ(parse_type("nsap-ptr"), 23);
  EXPECT_EQ(parse_type("type65280"), 65280);
}

TEST(Types, RejectInvalidTypes) {
  for (const char* text : {"", "TYPE", "TYPE65536", "TYPE-1", "TYPE+1", "TYPE1x", "TYPE 1", "AAAAA",
                           "AA", "TYP1", "*", "1"}) {
    EXPECT_EQ(parse_type(text), std::nullopt) << text;
  }
}

TEST(Types, KnowDlvFarFromTheOthers) {
  EXPECT_EQ(type_text(32769), "DLV");
  EXPECT_EQ(parse_type("dlv"), 32769);
  EXPECT_EQ(type_text(32768), "TYPE32768");
}

TEST(Classes, HaveNamesOrNumbers) {
  EXPECT_EQ(class_text(1), "IN");
  EXPECT_EQ(class_text(3), "CH");
  EXPECT_EQ(class_text(4), "HS");
  EXPECT_EQ(class_text(254), "NONE");
  EXPECT_EQ(class_text(255), "ANY");
  EXPECT_EQ(class_text(0), "CLASS0");
  EXPECT_EQ(class_text(65535), "CLASS65535");
}

TEST(Rcodes, HaveRoute53sSpelling) {
  EXPECT_EQ(rcode_text(Rcode::NoError), "NOERROR");
  EXPECT_EQ(rcode_text(Rcode::FormErr), "FORMERR");
  EXPECT_EQ(rcode_text(Rcode::ServFail), "SERVFAIL");
  EXPECT_EQ(rcode_text(Rcode::NXDomain), "NXDOMAIN");
  EXPECT_EQ(rcode_text(Rcode::NotImp), "NOTIMP");
  EXPECT_EQ(rcode_text(Rcode::Refused), "REFUSED");
  EXPECT_EQ(rcode_text(Rcode::YXDomain), "YXDOMAIN");
  EXPECT_EQ(rcode_text(Rcode::NotAuth), "NOTAUTH");
  EXPECT_EQ(rcode_text(Rcode::BadVers), "BADVERS");
  EXPECT_EQ(rcode_text(static_cast<Rcode>(23)), "BADCOOKIE");
  EXPECT_EQ(rcode_text(static_cast<Rcode>(24)), "");
  EXPECT_EQ(rcode_text(static_cast<Rcode>(4095)), "");
}

}  // namespace
}  // namespace inlet53::dns
