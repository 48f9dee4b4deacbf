#include "zone_loader_support.h"

namespace inlet53::zone {
namespace {

/// One broken line below the head: where it is reported, counted from the head's end, and a part of
/// what is said.
struct Broken {
  const char* text;
  uint32_t line;
  const char* message;
};

void expect_refused(const Broken& broken) {
  const auto zone = load_below_head(broken.text);
  ASSERT_FALSE(zone) << broken.text;
  EXPECT_EQ(zone.error().file, "corp.zone");
  EXPECT_EQ(zone.error().line, kHeadLines + broken.line) << broken.text << zone.error().to_text();
  EXPECT_NE(zone.error().message.find(broken.message), std::string::npos)
      << broken.text << zone.error().to_text();
}

void expect_all_refused(std::initializer_list<Broken> all) {
  for (const Broken& broken : all) expect_refused(broken);
}

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

TEST(ZoneLoaderErrors, RecordsOfSeveralLinesAreReportedWhereTheyBegin) {
  expect_all_refused({
      {"\n\n; x\na MX ( 10\n  b\n  c )\nd A 10.0.0.1\n", 4, "superfluous"},
      {"a TXT (\n\"x\" ; y\n\n\"z\" )\nb A 10.0.0\n", 5, "b A 10.0.0"},
      {"\r\na A 10.0.0.1\r\n\r\nb A (\r\n10.0.0 )\r\n", 4, "b A"},
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
    expect_refused({text.c_str(), 1, "can't be in a zone"});
  }
}

TEST(ZoneLoaderErrors, Rdata) {
  const std::string long_string = concat("a TXT \"", std::string(256, 'x'), "\"\n");
  const std::string long_text = concat("a TXT ", std::string(70'000, 'x'), "\n");
  const std::string long_record = concat("a TXT ", std::string(400'000, 'x'), "\n");
  expect_all_refused({
      {"a A\n", 1, "A: Syntax error, value expected"},
      {"a A 10.0.0.256\n", 1,
       "A: Syntax error, could not parse the RR's rdata: \"a A 10.0.0.256\""},
      {"a A 10.0.0.1 10.0.0.2\n", 1, "superfluous"},
      {"a AAAA 10.0.0.1\n", 1, "AAAA"},
      {"a MX mail\n", 1, "mail does not fit"},
      {"a MX 65536 mail\n", 1, "65536 does not fit"},
      {"a SRV 1 2 -3 mail\n", 1, "-3 does not fit"},
      {"a MX 10 mail..host\n", 1, "MX"},
      {"a MX 10 @.host\n", 1, "@.host does not fit"},
      {"a CNAME \\064\n", 1, "\\064 does not fit"},
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
      {"\n$GENERATE 1-9 a$ A 10.0.0.$\n", 2, "$generate is not one of"},
  });
}

TEST(ZoneLoaderErrors, RecordsOutsideTheZone) {
  expect_all_refused({
      {"a A 10.0.0.1\nwww.other.example. A 10.0.0.1\n", 2, "www.other.example. is outside"},
      {"example. NS a\n", 1, "example. is outside the zone corp.example."},
      {"xcorp.example. A 10.0.0.1\n", 1, "is outside"},
      {"$ORIGIN .\nwww A 10.0.0.1\n", 2, "www. is outside"},
  });
}

TEST(ZoneLoaderErrors, TheSoaStandsOnceAndAtTheApex) {
  expect_all_refused({
      {"a A 10.0.0.1\n@ SOA ns hostmaster 1 7200 900 1209600 60\n", 2, "second SOA"},
      {"\nsub SOA a b 1 2 3 4 5\n", 2, "an SOA at sub.corp.example."},
  });
  const auto zone = load("@ 60 NS a.\na 60 A 10.0.0.1\n");
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().to_text(), "corp.zone: no SOA at corp.example.");
}

TEST(ZoneLoaderErrors, AliasesStandAlone) {
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
  EXPECT_NE(zone.error().message.find("\"a A \\001\\127xxx"), std::string::npos)
      << zone.error().message;
  EXPECT_LT(zone.error().message.size(), 150U);
}

}  // namespace
}  // namespace inlet53::zone
