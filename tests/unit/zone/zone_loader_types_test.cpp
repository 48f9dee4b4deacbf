// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <map>

#include "ldns.h"
#include "zone_loader_support.h"

namespace inlet53::zone {
namespace {

struct Sample {
  const char* type;
  const char* rdata;  // absolute names only: ldns gets no origin
};

/// One record of every type whose presentation form ldns 1.8 knows.
constexpr Sample kSamples[] = {
    {"A", "192.0.2.1"},
    {"NS", "Ns.Example."},
    {"MD", "md.example."},
    {"MF", "mf.example."},
    {"CNAME", "Target.Example."},
    {"SOA", "ns.example. host\\.master.example. 4294967295 1h 900 2w 60"},
    {"MB", "mb.example."},
    {"MG", "mg.example."},
    {"MR", "mr.example."},
    {"WKS", "192.0.2.1 TCP smtp domain"},
    {"PTR", "ptr.example."},
    {"HINFO", "\"Generic PC\" Linux"},
    {"MINFO", "r.example. e.example."},
    {"MX", "65535 Mail.Example."},
    {"TXT", "\"one;two\" three \"\" \"q\\\"uote\""},
    {"RP", "mbox.example. txt.example."},
    {"AFSDB", "1 afs.example."},
    {"X25", "311061700956"},
    {"ISDN", "150862028003217 004"},
    {"RT", "10 relay.example."},
    {"NSAP", "0x47000580005a0000000001e133ffffff00016100"},
    {"NSAP-PTR", "foo.example."},
    {"SIG", "A 5 3 300 20300101000000 20200101000000 4711 example. aGVsbG8gd29ybGQ="},
    {"KEY", "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3"},
    {"PX", "10 map822.example. mapx400.example."},
    {"GPOS", "-32.6882 116.8652 10.0"},
    {"AAAA", "2001:db8::FFFF"},
    {"LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m"},
    {"EID", "abcdef01"},
    {"NIMLOC", "abcdef01"},
    {"SRV", "0 5 5060 Sip.Example."},
    {"NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:i@example.com!\" ."},
    {"KX", "10 kx.example."},
    {"CERT", "PKIX 65535 RSASHA256 MIICWDCCAcGgAwIBAgIBADANBgkq"},
    {"DNAME", "Dname.Example."},
    {"APL", "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8"},
    {"DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
    {"SSHFP", "2 1 123456789abcdef67890123456789abcdef67890"},
    {"IPSECKEY", "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtu"},
    {"RRSIG", "A 8 2 3600 20300101000000 20200101000000 60485 Example. oJB1W6WNGv+ldvQ3WDG0"},
    {"NSEC", "host.example. A MX RRSIG NSEC TYPE1234"},
    {"DNSKEY", "257 3 8 AwEAAagAIKlVZrpC6Ia7gEzahOR+9W29"},
    {"DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
    {"NSEC3", "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG"},
    {"NSEC3PARAM", "1 0 12 aabbccdd"},
    {"TLSA", "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"},
    {"SMIMEA", "3 0 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"},
    {"HIP", "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPC rvs.example."},
    {"TALINK", "a.example. b.example."},
    {"CDS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
    {"CDNSKEY", "257 3 8 AwEAAagAIKlVZrpC6Ia7gEzahOR+9W29"},
    {"OPENPGPKEY", "mQENBFVHm5sBCADkVnXw"},
    {"CSYNC", "66 3 A NS AAAA"},
    {"ZONEMD",
     "2018031900 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc"
     "27777f98b8e730044c"},
    {"SVCB", "1 Svc.Example. alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 key667=hello"},
    {"HTTPS", "0 Pool.Example."},
    {"SPF", "\"v=spf1 -all\""},
    {"NID", "10 0014:4fff:ff20:ee64"},
    {"L32", "10 10.1.2.0"},
    {"L64", "10 2001:0db8:1140:1000"},
    {"LP", "10 l64.example."},
    {"EUI48", "00-00-5e-00-53-2a"},
    {"EUI64", "00-00-5e-ef-10-00-00-2a"},
    {"URI", "10 1 \"ftp://ftp1.example.com/public\""},
    {"CAA", "0 issue \"ca.example.net; account=230123\""},
    {"DLV", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
};

/// Returns the RDATA that ldns makes, cut from the record in wire form.
std::vector<uint8_t> ldns_rdata(const Sample& sample) {
  const std::string text = concat(". 300 IN ", sample.type, " ", sample.rdata);
  ldns_rr* parsed = nullptr;
  if (ldns_rr_new_frm_str(&parsed, text.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) return {};
  const LdnsRr rr(parsed);
  uint8_t* wire = nullptr;
  size_t size = 0;
  EXPECT_EQ(ldns_rr2wire(&wire, rr.get(), LDNS_SECTION_ANSWER, &size), LDNS_STATUS_OK);
  constexpr size_t kBefore = 11;  // root, type, class, ttl, rdlength
  std::vector<uint8_t> rdata(wire + kBefore, wire + size);
  free(wire);
  return rdata;
}

std::string hex(Bytes octets) {
  std::string text;
  for (const uint8_t octet : octets) {
    for (const int digit : {octet >> 4, octet & 15}) text += "0123456789abcdef"[digit];
  }
  return text;
}

/// Returns the RDATA of the one record of `line` in a zone, in hex, or the error.
std::string loaded_rdata(const std::string& line, std::string_view type) {
  const bool is_soa = type == "SOA" || type == "TYPE6";
  const auto zone = first_fault(
      load_zone_text(is_soa ? concat("@ 300 ", line) : concat("@ 300 SOA . . 1 2 3 4 5\nx ", line),
                     "t", name("corp.example").view()));
  if (!zone) return zone.error().to_text();
  return hex(zone->record(zone->size() - 1).rdata);
}

TEST(ZoneLoaderTypes, EveryTypeEqualsTheRdataOfLdns) {
  for (const Sample& sample : kSamples) {
    const std::vector<uint8_t> expected = ldns_rdata(sample);
    ASSERT_FALSE(expected.empty()) << sample.type;
    EXPECT_EQ(loaded_rdata(concat(sample.type, " ", sample.rdata), sample.type), hex(expected))
        << sample.type;
  }
}

TEST(ZoneLoaderTypes, EveryTypeIsAcceptedInRfc3597Form) {
  for (const Sample& sample : kSamples) {
    const std::vector<uint8_t> rdata = ldns_rdata(sample);
    const std::string type = concat("TYPE", dns::parse_type(sample.type).value_or(0));
    EXPECT_EQ(loaded_rdata(concat(type, " \\# ", rdata.size(), " ", hex(rdata)), type), hex(rdata))
        << sample.type;
  }
}

TEST(ZoneLoaderTypes, ValuesOfCaaAndUriNeedNoQuotes) {
  EXPECT_EQ(loaded_rdata("CAA 0 issue ca.example", "CAA"),
            loaded_rdata("CAA 0 issue \"ca.example\"", "CAA"));
  EXPECT_EQ(loaded_rdata("CAA 0 issue \\;", "CAA"), "000569737375653b");
  EXPECT_EQ(loaded_rdata("URI 10 1 ftp://a.example/", "URI"),
            loaded_rdata("URI 10 1 \"ftp://a.example/\"", "URI"));
  EXPECT_NE(loaded_rdata("CAA 0 issue ca.example more", "CAA")
                .find("more: the record has no more fields"),
            std::string::npos);
}

// Every kind of gateway; no key; a key in two words. Source: RFC 4025 §3.1.
TEST(ZoneLoaderTypes, IpseckeyAcceptsEveryGateway) {
  EXPECT_EQ(loaded_rdata("IPSECKEY 10 0 2 . aGVs bG8=", "IPSECKEY"), "0a000268656c6c6f");
  EXPECT_EQ(loaded_rdata("IPSECKEY 10 1 0 192.0.2.38", "IPSECKEY"), "0a0100c0000226");
  EXPECT_EQ(loaded_rdata("IPSECKEY 10 2 2 2001:db8::1 aGVsbG8=", "IPSECKEY"),
            "0a020220010db800000000000000000000000168656c6c6f");
  EXPECT_EQ(loaded_rdata("IPSECKEY 10 3 2 gw aGVsbG8=", "IPSECKEY"),
            "0a03020267770463"
            "6f7270076578616d706c650068656c6c6f");
  for (const char* rdata :
       {"256 1 2 192.0.2.1 aGVsbG8=", "10 4 2 . aGVsbG8=", "10 1 2 ::1 aGVsbG8=",
        "10 0 2 gw aGVsbG8=", "10 3 2", "10 1", "10 3 2 a..b aGVsbG8=", "10 1 2 192.0.2.1 !"}) {
    EXPECT_NE(loaded_rdata(concat("IPSECKEY ", rdata), "IPSECKEY").find(": IPSECKEY: "),
              std::string::npos)
        << rdata;
  }
}

// RFC 2535 §7.1.
TEST(ZoneLoaderTypes, AKeyMayBeMissingAndItsFlagsHaveNames) {
  EXPECT_EQ(loaded_rdata("KEY 49152 3 8", "KEY"), "c0000308");
  EXPECT_EQ(loaded_rdata("KEY NOKEY|ZONE DNSSEC RSASHA1", "KEY"), "c1000305");
  EXPECT_EQ(loaded_rdata("KEY noconf|noauth all 255", "KEY"), "c000ffff");
  EXPECT_EQ(loaded_rdata("KEY NTYP3|FLAG11|SIG15 IPSEC 3 AQ ID", "KEY"), "031f0403010203");
  EXPECT_EQ(loaded_rdata("KEY \\# 4 c0000308", "KEY"), "c0000308");
  for (const char* rdata :
       {"256 3 8", "NOKEY 3 8 AQID", "NOKEYS 3 8", "NOKEY| 3 8", "ZONE 300 8 AQID",
        "ZONE 3 800 AQID", "ZONE 3 8 !!", "\\# 4 01000308", "\\# 5 c000030801"}) {
    EXPECT_NE(loaded_rdata(concat("KEY ", rdata), "KEY").find(": KEY: "), std::string::npos)
        << rdata;
  }
}

// RFC 7477 §2.1.1.
TEST(ZoneLoaderTypes, ACsyncMayHaveNoTypes) {
  EXPECT_EQ(loaded_rdata("CSYNC 66 3", "CSYNC"), "000000420003");
  EXPECT_EQ(loaded_rdata("CSYNC 4294967295 65535", "CSYNC"), "ffffffffffff");
  EXPECT_EQ(loaded_rdata("CSYNC 66 3 A", "CSYNC"), "000000420003000140");
  EXPECT_EQ(loaded_rdata("CSYNC \\# 6 000000420003", "CSYNC"), "000000420003");
  for (const char* rdata : {"66", "66 70000", "4294967296 3", "x 3"}) {
    EXPECT_NE(loaded_rdata(concat("CSYNC ", rdata), "CSYNC").find(": CSYNC: "), std::string::npos)
        << rdata;
  }
}

// AF-DANS-0152.000: the first byte distinguishes hex digits (0) and an E.164 number (1).
TEST(ZoneLoaderTypes, AtmaIsHexDigitsOrANumber) {
  EXPECT_EQ(loaded_rdata("ATMA abcd0123", "ATMA"), "00abcd0123");
  EXPECT_EQ(loaded_rdata("ATMA 39.246F.00", "ATMA"), "0039246f00");
  EXPECT_EQ(loaded_rdata("ATMA +358.400", "ATMA"), "01333538343030");
  EXPECT_EQ(loaded_rdata("ATMA \\# 3 013132", "ATMA"), "013132");
  for (const char* rdata : {"+", "+1x", "+1..2", "+1.", "+.1", ".12", "12.", "1..2", "123", "zz",
                            "12 34", "\\# 3 013141", "\\# 1 00"}) {
    EXPECT_NE(loaded_rdata(concat("ATMA ", rdata), "ATMA").find(": ATMA: "), std::string::npos)
        << rdata;
  }
}

TEST(ZoneLoaderTypes, TypesThatLdnsKnowsInPartNeedRfc3597Form) {
  EXPECT_EQ(loaded_rdata("NXT \\# 5 0161000640", "NXT"), "0161000640");
  EXPECT_EQ(loaded_rdata("SINK \\# 3 010268", "SINK"), "010268");
  EXPECT_NE(loaded_rdata("NXT a. A", "NXT").find("RFC 3597"), std::string::npos);
  EXPECT_NE(loaded_rdata("SINK 1 2 aGVsbG8=", "SINK").find("RFC 3597"), std::string::npos);
}

TEST(ZoneLoaderTypes, TypesThatAreNewerThanLdns) {
  const std::string text = loaded_rdata("TXT qnamemin \"a b\"", "TXT");
  for (const char* type : {"RESINFO", "WALLET", "AVC", "NINFO", "CLA", "TYPE261"}) {
    EXPECT_EQ(loaded_rdata(concat(type, " qnamemin \"a b\""), type), text) << type;
  }
  EXPECT_EQ(loaded_rdata("RKEY 0 3 5 aGVsbG8=", "RKEY"), "0000030568656c6c6f");
  EXPECT_EQ(loaded_rdata("HHIT aGVs bG8=", "HHIT"), "68656c6c6f");
  EXPECT_EQ(loaded_rdata("BRID aGVsbG8=", "BRID"), "68656c6c6f");
  EXPECT_EQ(loaded_rdata("TA 1 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", "TA"),
            loaded_rdata("DS 1 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", "DS"));
  // RFC 8777 §4.3.
  EXPECT_EQ(loaded_rdata("AMTRELAY 10 0 1 203.0.113.15", "AMTRELAY"), "0a01cb00710f");
  EXPECT_EQ(loaded_rdata("AMTRELAY 10 0 2 2001:db8::15", "AMTRELAY"),
            "0a0220010db8000000000000000000000015");
  EXPECT_EQ(loaded_rdata("AMTRELAY 128 1 3 a.b.", "AMTRELAY"), "80830161016200");
  EXPECT_EQ(loaded_rdata("AMTRELAY 10 1 0 .", "AMTRELAY"), "0a80");
  // RFC 9859 §2.2.
  EXPECT_EQ(loaded_rdata("DSYNC CDS NOTIFY 5353 a.", "DSYNC"), "003b0114e9016100");
  EXPECT_EQ(loaded_rdata("NSEC a. RESINFO TYPE262", "NSEC"),
            loaded_rdata("NSEC a. TYPE261 TYPE262", "NSEC"));
  for (const char* line : {"AMTRELAY 10 2 1 10.0.0.1", "AMTRELAY 10 0 4 .", "AMTRELAY 10 0 1 ::1",
                           "AMTRELAY 10 0 0 . x", "DSYNC FOO NOTIFY 53 a.", "DSYNC CDS 256 53 a.",
                           "DSYNC CDS NOTIFY 65536 a.", "DSYNC CDS NOTIFY 53", "NXNAME \\# 0"}) {
    EXPECT_TRUE(loaded_rdata(line, "").starts_with("t:2:")) << line;
  }
}

TEST(ZoneLoaderTypes, EveryTypeThatLdnsKnowsIsTested) {
  std::map<uint16_t, const char*> sampled{{30, "NXT"}, {34, "ATMA"}, {40, "SINK"}};
  for (const Sample& sample : kSamples) {
    sampled[dns::parse_type(sample.type).value_or(0)] = sample.type;
  }
  for (uint32_t type = 1; type < 65535; ++type) {
    const ldns_rr_descriptor* descriptor = ldns_rr_descript(static_cast<uint16_t>(type));
    if (descriptor == nullptr || descriptor->_name == nullptr) continue;
    const bool is_meta = type >= 128 && type <= 255;
    if (is_meta || ldns_rr_descriptor_field_type(descriptor, 0) == LDNS_RDF_TYPE_UNKNOWN) continue;
    EXPECT_TRUE(sampled.contains(static_cast<uint16_t>(type))) << descriptor->_name;
  }
}

}  // namespace
}  // namespace inlet53::zone
