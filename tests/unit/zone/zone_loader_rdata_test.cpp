// SPDX-License-Identifier: Apache-2.0
#include "zone_loader_support.h"

namespace inlet53::zone {
namespace {

/// ldns would change the meaning of each line.
TEST(ZoneLoaderRdata, WordsThatLdnsWouldChange) {
  expect_all_refused({
      {"a TLSA 300 1 1 d2ab\n", 1, "TLSA: 300: this is not a number from 0 to 255"},
      {"a TLSA 3 300 1 d2ab\n", 1, "300: this is not a number"},
      {"a TLSA 3 1 300 d2ab\n", 1, "300: this is not a number"},
      {"a TLSA -1 1 0 d2ab\n", 1, "-1: this is not a number"},
      {"a TLSA 3 1 0 d2 ab d\n", 1, "d: the number of hex digits is odd"},
      {"a SMIMEA 300 1 0 d2ab\n", 1, "300: this is not a number"},
      {"a CERT 99999 1 8 aGVsbG8=\n", 1, "99999: this is not a number from 0 to 65535"},
      {"a CERT PKIX 1 999 aGVsbG8=\n", 1, "999: this is not a number from 0 to 255"},
      {"a DS 60485 300 1 2BB183AF5F22588179A53B0A98631FAD1A292118\n", 1, "300: this is not"},
      {"a DNSKEY 257 3 300 aGVsbG8=\n", 1, "300: this is not a number"},
      {"a RRSIG A 300 2 9 20300101000000 20200101000000 1 a. aGVsbG8=\n", 1, "300: this is not"},
      {"a RRSIG FOO 8 2 9 20300101000000 20200101000000 1 a. aGVsbG8=\n", 1,
       "FOO: this is not a record type"},
      {"a RRSIG TYPE65536 8 2 9 20300101000000 20200101000000 1 a. aGVsbG8=\n", 1,
       "TYPE65536: this is not a record type"},
      {"a RRSIG A 8 2 9 20300230000000 20200101000000 1 a. aGVsbG8=\n", 1,
       "20300230000000: this is not a time"},
      {"a RRSIG A 8 2 9 20300101000000 20200101240000 1 a. aGVsbG8=\n", 1,
       "20200101240000: this is not a time"},
      {"a RRSIG A 8 2 9 99999999999 20200101000000 1 a. aGVsbG8=\n", 1, "99999999999: this is"},
      {"a RRSIG A 8 2 9 203001010000 20200101000000 1 a. aGVsbG8=\n", 1, "203001010000: this"},
      {"a RRSIG A 8 2 9 2030010100000x 20200101000000 1 a. aGVsbG8=\n", 1, "this is not a time"},
      {"a RRSIG A 8 2 9 21300101000000 20200101000000 1 a. aGVsbG8=\n", 1, "this is not a time"},
      {"a NSEC b. A FOO\n", 1, "FOO: this is not a record type"},
      {"a NSEC b. A TYPE70000\n", 1, "TYPE70000: this is not a record type"},
      {"a CSYNC 66 3 FOO\n", 1, "FOO: this is not a record type"},
      {"a WKS 192.0.2.1 TCP nosuchservice\n", 1, "nosuchservice: this service is not known"},
      {"a WKS 192.0.2.1 TCP 70000\n", 1, "70000: this is not a number"},
      {"a WKS 192.0.2.1 300 25\n", 1, "300: this is not a number from 0 to 255"},
      {"a WKS 192.0.2.1 NOSUCH 25\n", 1, "NOSUCH: this protocol is not known"},
      {"a NSAP 0x47f\n", 1, "0x47f: this is not 0x and pairs"},
      {"a NSAP 0x\n", 1, "0x: this is not 0x and pairs"},
      {"a EID abc\n", 1, "abc: the number of hex digits is odd"},
      {"a NIMLOC abc\n", 1, "abc: the number of hex digits is odd"},
      {"a APL 1:192.168.32.0/33\n", 1, "/33: the length of the prefix is not"},
      {"a APL 1:10.0.0.0/8 2:ff00::/129\n", 1, "2:ff00::/129: the length of the prefix"},
      {"a APL 1:192.168.32.0/-1\n", 1, "the length of the prefix"},
      {"a APL 1:192.168.32.0/8x\n", 1, "the length of the prefix"},
  });
}

// RFC 1876 §3.
TEST(ZoneLoaderRdata, Locations) {
  for (const char* location : {"52 60 23.000 N 4 53 32.000 E -2.00m",
                               "52 22 60.000 N 4 53 32.000 E -2.00m",
                               "52 22 23.000 N 4 60 32.000 E -2.00m",
                               "91 22 23.000 N 4 53 32.000 E -2.00m",
                               "90 0 0.001 N 4 53 32.000 E -2.00m",
                               "90 0 1 N 180 W 0",
                               "52 N 181 E 0",
                               "52 N 180 0 1 E 0",
                               "5 N 5 E -100000.01m",
                               "5 N 5 E 42849672.96m",
                               "5 N 5 E 0 90000001m",
                               "5 N 5 E 0 1m 10m 10m 10m",
                               "5 N 5 E 0 1m 10m 10x",
                               "5 5 5.1234 N 5 E 0",
                               "5 N 5 E",
                               "5 N 5 E 0.555m",
                               "5 N 5 E 1km",
                               "5 N 5 W",
                               "5 E 5 N 0",
                               "5 s 5 E 0"}) {
    const std::string text = concat("a LOC ", location, "\n");
    expect_refused({text.c_str(), 1, "LOC: "});
  }
  EXPECT_EQ(lines_below_head("a LOC 90 N 180 W 0\nb LOC 5 5 5.5 S 5 E -100000.00m 1 2m\n"
                             "c LOC 5 59 59.999 N 5 E 42849672.95m 90000000m\n")
                .size(),
            3U);
}

/// An RFC forbids the RDATA, in presentation form and in RFC 3597's form.
TEST(ZoneLoaderRdata, RdataThatAnRfcForbids) {
  expect_all_refused({
      {"a X25 abc\n", 1, "the address is not four digits or more"},
      {"a X25 123\n", 1, "four digits"},
      {"a X25 31106170095a\n", 1, "four digits"},
      {"a X25 \\# 4 03616263\n", 1, "four digits"},
      {"a ZONEMD 2018031900 1 1 c68090\n", 1, "the digest has 3 bytes instead of 48"},
      {"a ZONEMD 2018031900 1 2 c68090d90a7aed716bc459f9\n", 1, "12 bytes instead of 64"},
      {"a ZONEMD 2018031900 1 240 c68090d90a7aed716bc459\n", 1, "under 12 bytes"},
      {"a DS 60485 5 1 2BB183AF\n", 1, "the digest has 4 bytes instead of 20"},
      {"a DS 60485 5 2 2BB183AF\n", 1, "instead of 32"},
      {"a CDS 60485 5 4 2BB183AF\n", 1, "instead of 48"},
      {"a DS \\# 5 ec45050100\n", 1, "1 bytes instead of 20"},
      {"a SSHFP 2 1 1234\n", 1, "the fingerprint has 2 bytes instead of 20"},
      {"a SSHFP 2 2 1234\n", 1, "instead of 32"},
      {"a TLSA 3 1 1 d2ab\n", 1, "the hash has 2 bytes instead of 32"},
      {"a SMIMEA 3 1 2 d2ab\n", 1, "instead of 64"},
      {"a NSEC b.\n", 1, "no type follows"},
      {"a URI 10 1 \"\"\n", 1, "the target is empty"},
      {"a APL \\# 7 00012103c0a820\n", 1, "a prefix length is over 32"},
      {"a APL \\# 6 000108020a00\n", 1, "ends with a zero byte"},
      {"a LOC \\# 16 00121613939b4598810cbce0009895b8\n", 1, "the latitude is over 90"},
      {"a NAPTR 1 1 u E2U+sip \"!^.*$\" .\n", 1, "the expression is not one of RFC 3402"},
      {"a NAPTR 1 1 u E2U+sip \"xyz\" .\n", 1, "the expression"},
      {"a NAPTR 1 1 u E2U+sip \"!(a)!\\\\2!\" .\n", 1, "the expression"},
      {"a NAPTR 1 1 u E2U+sip \"1a1b1\" .\n", 1, "the expression"},
      {"a NAPTR 1 1 u E2U+sip \"!a!b!x\" .\n", 1, "the expression"},
      {"a NAPTR 1 1 u E2U+sip \"!(a!b!\" .\n", 1, "the expression"},
      {"a NAPTR 1 1 u E2U+sip \"!a!b!\" foo.\n", 1, "exclude each other"},
      {"a NAPTR 1 1 - E2U+sip \"\" foo.\n", 1, "the flags are not letters and digits"},
  });
  EXPECT_TRUE(
      load_below_head("a NAPTR 1 1 u E2U+sip \"!(a)[^])(](b)!\\\\2\\\\1!i\" .\n"
                      "b CDS 0 0 0 00\nc DS 1 5 99 ab\nd APL\n"));
}

// RFC 9460 §2.1, §7, §8; RFC 9461 §5; RFC 9540 §4.
TEST(ZoneLoaderRdata, ParametersOfSvcb) {
  for (const char* params : {"port=99999",
                             "port=-1",
                             "port=",
                             "port",
                             "port=12x",
                             "alpn=h2 alpn=h3",
                             "alpn=h2 alpn=h2",
                             "alpn",
                             "alpn=",
                             "alpn=h2,,h3",
                             "mandatory=alpn",
                             "mandatory=mandatory",
                             "mandatory",
                             "mandatory=alpn,alpn alpn=h2",
                             "mandatory=foo",
                             "no-default-alpn",
                             "key2",
                             "no-default-alpn=x alpn=h2",
                             "ipv4hint",
                             "ipv4hint=1.2.3",
                             "ipv4hint=1.2.3.4,",
                             "ipv6hint",
                             "ipv6hint=::1,1.2.3.4",
                             "ech",
                             "ech=!!",
                             "key65536=x",
                             "key03=ab",
                             "key3=abc",
                             "key1=h2",
                             "key2=x",
                             "key667=\\300",
                             "foo=bar",
                             "PORT=5",
                             "dohpath=/q",
                             "dohpath",
                             "dohpath=q{?dns}",
                             "ohttp=x",
                             "\"alpn=h2\"",
                             "alpn=\"h2\"port=443"}) {
    const std::string text = concat("a HTTPS 1 . ", params, "\n");
    expect_refused({text.c_str(), 1, "HTTPS: "});
  }
  expect_all_refused({
      {"a SVCB 1 . alpn=h2 port=99999\n", 1, "port=99999: port has no such value"},
      {"a SVCB 1 . alpn=h2 alpn=h3\n", 1, "alpn=h3: alpn is repeated"},
      {"a SVCB 1 . mandatory=port\n", 1, "port is mandatory and missing"},
      {"a SVCB 65536 .\n", 1, "65536: the priority is not"},
      {"a SVCB 1\n", 1, "the target is missing"},
      {"a SVCB 1 a..b\n", 1, "a..b: the target is not a domain name"},
      {"a SVCB \\# 16 0001000003000201bb000100030268 32\n", 1, "the keys do not ascend"},
      {"a SVCB \\# 7 00010000020000\n", 1, "no-default-alpn needs alpn"},
  });
  EXPECT_EQ(
      lines_below_head("a HTTPS 1 . mandatory=port,alpn port=\"1\" alpn=h2\n"
                       "b HTTPS 1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"\n"
                       "c HTTPS 1 . key3=ab key1=\\002h2\n"
                       "d HTTPS 1 . dohpath=/q{?a,dns}\n"),
      (std::vector<std::string>{"a.corp.example. 300 HTTPS 1 . mandatory=alpn,port alpn=h2 port=1",
                                "b.corp.example. 300 HTTPS 1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
                                "c.corp.example. 300 HTTPS 1 . alpn=h2 port=24930",
                                "d.corp.example. 300 HTTPS 1 . dohpath=/q{?a,dns}"}));
}

/// Returns `count` different TXT records with `octets` bytes each.
std::string texts(size_t count, size_t octets) {
  std::string lines;
  for (size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(100'000 + i);
    lines += concat("big TXT ", number, std::string(octets - number.size(), 'x'), "\n");
  }
  return lines;
}

TEST(ZoneLoaderRdata, AnRRsetThatIsTooLargeForAMessage) {
  // 266 bytes for each record, and 34 for the header and the question of big.corp.example.
  expect_refused({texts(300, 253).c_str(), 247,
                  "the TXT records of big.corp.example. are too large for a message: 79834"});
  EXPECT_TRUE(load_below_head(texts(246, 253)));
  const std::string half = texts(200, 253);
  EXPECT_TRUE(load_below_head(half + half));  // equal records count once
  EXPECT_TRUE(load_below_head(half + "$ORIGIN b\n" + half));
}

}  // namespace
}  // namespace inlet53::zone
