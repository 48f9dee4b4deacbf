// SPDX-License-Identifier: Apache-2.0
#include "zone_loader_support.h"

namespace inlet53::zone {
namespace {

TEST(ZoneLoaderErrors, TextThatIsNotClosed) {
  expect_all_refused({
      {"a A 10.0.0.1\nb TXT \"open\nc A 10.0.0.1\n", 2, "quoted text is not closed"},
      {"a TXT ( \"x\"\n\n\"y\"\n", 1, "never closed"},
      {"a A 10.0.0.1\nb TXT x (\n( y )\n z\n", 2, "never closed"},
      {"a A 10.0.0.1 )\n", 1, "closing parenthesis"},
      {"a TXT ( x\ny ) )\n", 2, "closing parenthesis"},
      {"a TXT x\\\nb A 10.0.0.1\n", 1, "backslash at the end"},
      {"a TXT x\ry\n", 1, "carriage return"},
  });
  const auto zone = load_below_head(std::string_view("a TXT x\0y\n", 10));
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().line, kHeadLines + 1);
}

TEST(ZoneLoaderErrors, FaultsInRecordsOfSeveralLinesHaveTheirLine) {
  expect_all_refused({
      {"\n\n; x\na MX ( 10\n  b\n  c )\nd A 10.0.0.1\n", 6, "c: the record has no more fields"},
      {"a TXT (\n\"x\" ; y\n\n\"z\" )\nb A 10.0.0\n", 5, "10.0.0: this is not an IPv4 address"},
      {"\r\na A 10.0.0.1\r\n\r\nb A (\r\n10.0.0 )\r\n", 5, "10.0.0: this is not"},
  });
}

TEST(ZoneLoaderErrors, HeadsOfRecords) {
  const std::string label(64, 'a');
  expect_all_refused({
      {"a\n", 1, "before its type"},
      {"a 300 IN\n", 1, "before its type"},
      {"a FOO x\n", 1, "FOO is not a record type"},
      {"a IN IN A 10.0.0.1\n", 1, "IN is not a record type"},
      {"a 5 5 A 10.0.0.1\n", 1, "5 is not a record type"},
      {"a TYPE65536 \\# 0\n", 1, "TYPE65536 is not a record type"},
      {"a CH A 10.0.0.1\n", 1, "class CH is not IN"},
      {"a 5 HS A 10.0.0.1\n", 1, "class HS is not IN"},
      {"a CLASS255 A 10.0.0.1\n", 1, "class CLASS255 is not IN"},
      {"a ANY A 10.0.0.1\n", 1, "class ANY is not IN"},
      {"a 2147483648 A 10.0.0.1\n", 1, "2147483648 is not a TTL"},
      {"a 99999999999999999999999 A 10.0.0.1\n", 1, "is not a TTL"},
      {"a 9999w A 10.0.0.1\n", 1, "9999w is not a TTL"},
      {"a 5x A 10.0.0.1\n", 1, "5x is not a TTL"},
      {"a..b A 10.0.0.1\n", 1, "owner is not a domain name"},
      {"a\\300 A 10.0.0.1\n", 1, "owner is not a domain name"},
      {"\"a b\" A 10.0.0.1\n", 1, "owner is not a domain name"},
      {(label + " A 10.0.0.1\n").c_str(), 1, "owner is not a domain name"},
  });
}

TEST(ZoneLoaderErrors, OwnersThatAreTooLongWithTheirOrigin) {
  const std::string label(63, 'a');
  const std::string three = concat(label, ".", label, ".", label);
  const std::string fits = concat(three, ".", std::string(48, 'b'), " A 10.0.0.1\n");
  const std::string over = concat(three, ".", std::string(49, 'b'), " A 10.0.0.1\n");
  EXPECT_TRUE(load_below_head(fits));
  expect_refused({over.c_str(), 1, "owner is not a domain name"});
  const std::string target = concat("a MX 1 ", three, ".", std::string(49, 'b'), "\n");
  expect_refused({target.c_str(), 1, "MX: a name is over 255"});
}

TEST(ZoneLoaderErrors, TypesThatAreNotData) {
  for (const char* type : {"OPT", "TSIG", "TKEY", "AXFR", "IXFR", "ANY", "MAILB", "MAILA", "TYPE0",
                           "TYPE41", "TYPE128", "TYPE249", "TYPE255", "TYPE65535"}) {
    const std::string text = concat("a 5 IN ", type, " \\# 0\n");
    expect_refused({text.c_str(), 1, "cannot be in a zone"});
  }
}

TEST(ZoneLoaderErrors, Rdata) {
  const std::string long_string = concat("a TXT \"", std::string(256, 'x'), "\"\n");
  const std::string long_text = concat("a TXT ", std::string(70'000, 'x'), "\n");
  const std::string long_record = concat("a TXT ", std::string(400'000, 'x'), "\n");
  expect_all_refused({
      {"a A\n", 1, "A: Syntax error, value expected"},
      {"a A 10.0.0.256\n", 1, "A: 10.0.0.256: this is not an IPv4 address"},
      {"a A 10.0.0.1 10.0.0.2\n", 1, "A: 10.0.0.2: the record has no more fields"},
      {"a AAAA 10.0.0.1\n", 1, "AAAA"},
      {"a MX mail\n", 1, "mail: this is not a number"},
      {"a MX 65536 mail\n", 1, "65536: this is not a number from 0 to 65535"},
      {"a SRV 1 2 -3 mail\n", 1, "-3: this is not a number"},
      {"a MX 10 mail..host\n", 1, "MX"},
      {"a MX 10 @.host\n", 1, "@.host: ldns does not read this name"},
      {"a CNAME \\064\n", 1, "\\064: ldns does not read this name"},
      {"a MX 10 \n", 1, "value expected"},
      {"a TXT\n", 1, "value expected"},
      {long_string.c_str(), 1, "TXT"},
      {long_text.c_str(), 1, "too long"},
      {long_record.c_str(), 1, "the record is too long"},
      {"a NULL x\n", 1, "RFC 3597"},
      {"a TYPE65280 x\n", 1, "RFC 3597"},
      {"a TYPE65280 \\#\n", 1, "number of octets"},
      {"a TYPE65280 \\# 65536 00\n", 1, "number of octets"},
      {"a TYPE65280 \\# 2 00\n", 1, "\\# 2 comes with 1 octets"},
      {"a TYPE65280 \\# 1 0000\n", 1, "\\# 1 comes with 2 octets"},
      {"a TYPE65280 \\# 1 0g\n", 1, "hex digits"},
      {"a TYPE65280 \\# 1 000\n", 1, "hex digits"},
      {"a A \\# 4 zz000001\n", 1, "hex digits"},
      {"a A \\# 3 0a0000\n", 1, "A"},
      {"a A \\# 5 0a00000102\n", 1, "not the RDATA of A"},
      {"a A \\# 0\n", 1, "not the RDATA of A"},
      {"a CNAME \\# 2 c000\n", 1, "CNAME"},
      {"a MX \\# 7 000a 016103 c002\n", 1, "MX"},
  });
}

TEST(ZoneLoaderErrors, Directives) {
  expect_all_refused({
      {"$ORIGIN\n", 1, "$ORIGIN takes one"},
      {"$ORIGIN a b\n", 1, "$ORIGIN takes one"},
      {"$ORIGIN a..b\n", 1, "origin is not a domain name"},
      {"$TTL\n", 1, "$TTL takes one"},
      {"$TTL x\n", 1, "$TTL takes one"},
      {"$TTL 2147483648\n", 1, "$TTL takes one"},
      {"$TTL 5 6\n", 1, "$TTL takes one"},
      {"$INCLUDE\n", 1, "$INCLUDE takes"},
      {"$INCLUDE a b c\n", 1, "$INCLUDE takes"},
      {"$INCLUDE a b..c\n", 1, "origin is not a domain name"},
      {"\n$FOO x\n", 2, "$FOO is not one of $ORIGIN, $TTL, $INCLUDE and $GENERATE"},
      {"$GENERATE 9-1 a$ A 10.0.0.$\n", 1, "$GENERATE takes a range"},
      {"$GENERATE 1-2/0 a$ A 10.0.0.$\n", 1, "$GENERATE takes a range"},
      {"$GENERATE 1-2000000 a$ A 10.0.0.1\n", 1, "at most 1048576 numbers"},
      {"$GENERATE 1-2\n", 1, "takes a record"},
      {"$GENERATE 1-2 a${-5} A 10.0.0.1\n", 1, "cannot replace a $ by a number"},
      {"$GENERATE 1-2 a${0,2,q} A 10.0.0.1\n", 1, "cannot replace a $ by a number"},
      {"$GENERATE 1-2 a${0 A 10.0.0.1\n", 1, "cannot replace a $ by a number"},
      {"\n$GENERATE 254-300 a$ A 10.0.0.$\n", 2, "10.0.0.256: this is not an IPv4 address"},
  });
}

TEST(ZoneLoaderErrors, RecordsOutsideTheZoneAreIgnored) {
  const std::string text = concat(kHead,
                                  "a A 10.0.0.1\nwww.other.example. A 10.0.0.256\nexample. NS a\n"
                                  "xcorp.example. A 10.0.0.1\n$ORIGIN .\nwww A 10.0.0.1\n");
  const auto zone = load_zone_text(text, "corp.zone", name("corp.example").view());
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->data.size(), 3U);
  ASSERT_EQ(zone->ignored.size(), 4U);
  EXPECT_EQ(zone->ignored[0].to_text(),
            "corp.zone:5:1: www.other.example. is outside the zone corp.example.; the record is "
            "ignored");
  EXPECT_EQ(zone->ignored[3].line, 9U);
}

TEST(ZoneLoaderErrors, TwentyFaultsAreReported) {
  std::string text = concat(kHead, "a..b A 10.0.0.1\n  A 10.0.0.2\nc A 10.0.0.256\nd FOO x\n",
                            "e TXT \"open\nf A 10.0.0.1\n");
  const auto faults_of = [](const std::string& zone) {
    const auto loaded = load_zone_text(zone, "corp.zone", name("corp.example").view());
    std::vector<uint32_t> lines;
    if (loaded) return lines;
    for (const ZoneLoadError& error : loaded.error()) lines.push_back(error.line);
    return lines;
  };
  EXPECT_EQ(faults_of(text), (std::vector<uint32_t>{4, 6, 7, 8}));
  for (int i = 0; i < 30; ++i) text += "x A 10.0.0\n";
  EXPECT_EQ(faults_of(text).size(),
            kMaxZoneFaults + 1);  // the last one says that there may be more
  EXPECT_EQ(faults_of("@ SOA a b 1 2 3 4 x\na A 10.0.0.1\nb A 10.0.0\n"),
            (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(faults_of(concat(kHead, "a CNAME b\na CNAME c\nb CNAME b\nb A 10.0.0.1\n")),
            (std::vector<uint32_t>{5, 6}));
}

TEST(ZoneLoaderErrors, TheSoaIsUniqueAndAtTheApex) {
  expect_all_refused({
      {"a A 10.0.0.1\n@ SOA ns hostmaster 2 7200 900 1209600 60\n", 2, "second SOA, which differs"},
      {"\nsub SOA a b 1 2 3 4 5\n", 2, "an SOA at sub.corp.example."},
  });
  const auto zone = load("@ 60 NS a.\na 60 A 10.0.0.1\n");
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().to_text(), "corp.zone: no SOA at corp.example.");
}

TEST(ZoneLoaderErrors, AnIdenticalClosingSoaIsAccepted) {
  EXPECT_EQ(lines_below_head("a A 10.0.0.1\n@ SOA ns hostmaster 1 7200 900 1209600 60\n"),
            (std::vector<std::string>{"a.corp.example. 300 A 10.0.0.1"}));
}

TEST(ZoneLoaderErrors, NameTheColumnOfTheWord) {
  const auto place = [](std::string_view text) {
    const auto zone = load_below_head(text);
    return zone ? std::string() : zone.error().to_text();
  };
  EXPECT_EQ(place("a A 10.0.0.256\n"), "corp.zone:4:5: A: 10.0.0.256: this is not an IPv4 address");
  EXPECT_EQ(place("  \t MX ( ; x\n  10\n mail..host )\n"),
            "corp.zone:6:2: MX: mail..host: this is not a domain name");
  EXPECT_EQ(place("a 5x A 10.0.0.1\n"),
            "corp.zone:4:3: 5x is not a TTL of at most 2147483647 seconds");
  EXPECT_EQ(place("a FOO x\n"), "corp.zone:4:3: FOO is not a record type");
  EXPECT_EQ(place("a HTTPS 1 . alpn=h2 port=99999\n"),
            "corp.zone:4:21: HTTPS: port=99999: port has no such value");
  EXPECT_EQ(place("b A 10.0.0.1\na TXT \"open\n"),
            "corp.zone:5:7: the quoted text is not closed on its line");
  EXPECT_EQ(place("a TXT ( x\n"), "corp.zone:4:7: this parenthesis is never closed");
  EXPECT_EQ(place("( a\n) A 1\n"), "corp.zone:5:5: A: 1: this is not an IPv4 address");
  EXPECT_EQ(place("a IPSECKEY 256 1 2 192.0.2.1 aGVsbG8=\n"),
            "corp.zone:4:12: IPSECKEY: 256: the precedence is not a number from 0 to 255");
}

TEST(ZoneLoaderErrors, AByteOrderMarkIsReported) {
  auto zone = load(concat("\xEF\xBB\xBF", kHead));
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().line, 1U);
  EXPECT_NE(zone.error().message.find("byte order mark of UTF-8"), std::string::npos);
  zone = load(std::string_view("\xFF\xFE$\0T\0", 6));
  ASSERT_FALSE(zone);
  EXPECT_NE(zone.error().message.find("byte order mark of UTF-16"), std::string::npos);
}

TEST(ZoneLoaderErrors, AliasesExcludeOtherData) {
  expect_all_refused({
      {"w A 10.0.0.1\nx A 10.0.0.1\nw CNAME a\n", 3,
       "a CNAME at w.corp.example., which also has A"},
      {"w CNAME a\nb A 10.0.0.1\nW AAAA ::1\n", 1, "which also has AAAA"},
      {"@ CNAME a\n", 1, "a CNAME at corp.example., which also has SOA"},
      {"w CNAME a\nz CNAME b\nw CNAME c\n", 3, "a second CNAME at w.corp.example."},
      {"w CNAME a\nw CNAME a\n", 2, "a second CNAME"},
      {"w DNAME a\nv DNAME a\nw DNAME b\n", 3, "a second DNAME at w.corp.example."},
      {"w DNAME a\nw CNAME b\n", 2, "which also has DNAME"},
  });
}

TEST(ZoneLoaderErrors, TheFirstRecordNeedsAnOwnerAndATtl) {
  auto zone = load("\n  60 SOA a b 1 2 3 4 5\n");
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().line, 2U);
  EXPECT_NE(zone.error().message.find("no owner"), std::string::npos);

  zone = load("@ NS a\n@ SOA a b 1 2 3 4 5\n");
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().line, 1U);
  EXPECT_NE(zone.error().message.find("no TTL"), std::string::npos);
}

TEST(ZoneLoaderErrors, CitedTextIsShortAndPrintable) {
  const std::string text = concat("a A \x01\x7F", std::string(100, 'x'), "\n");
  const auto zone = load_below_head(text);
  ASSERT_FALSE(zone);
  EXPECT_NE(zone.error().message.find("A: \\001\\127xxx"), std::string::npos)
      << zone.error().message;
  EXPECT_LT(zone.error().message.size(), 150U);
}

}  // namespace
}  // namespace inlet53::zone
