// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/address_names.h"

#include "test_zone.h"

#include "inlet53/dns/rdata_text.h"

namespace inlet53::zone {
namespace {

using dns::RRType;

std::vector<Cidr> blocks(std::initializer_list<const char*> texts) {
  std::vector<Cidr> out;
  for (const char* text : texts) out.push_back(Cidr::parse(text).value());
  return out;
}

/// Returns `A 10.0.1.2`, `NODATA`, or `NXDOMAIN`: the result after an NXDomain of the table.
std::string find(const AddressNames& names, std::string_view qname, RRType qtype) {
  const NameKey made = key(qname);
  LookupResult lookup;
  lookup.found = Found::NXDomain;
  names.find(made, static_cast<uint16_t>(qtype), lookup);
  if (lookup.found == Found::NXDomain) return "NXDOMAIN";
  if (lookup.found == Found::NoData) return "NODATA";
  EXPECT_EQ(lookup.found, Found::Answer);
  EXPECT_TRUE(lookup.owner.equals(name(qname).view()));
  EXPECT_EQ(load_be32(&lookup.rrset.wire.records[6]), kVpcNameTtl);
  EXPECT_EQ(lookup.rrset.json, "");
  const Rdata rdata = rdata_of(lookup.rrset.wire);
  EXPECT_EQ(rdata.size(), 1U);
  const uint16_t type = lookup.rrset.wire.type;
  std::string text(dns::max_rdata_text(rdata[0].size()), '\0');
  text.resize(dns::write_rdata_text(type, rdata[0], text.data(), text.size()));
  return dns::type_text(type) + ' ' + text;
}

struct Case {
  const char* qname;
  RRType qtype;
  const char* expected;
};

TEST(AddressNames, TurnNamesIntoTheAddressesOfTheVpc) {
  const dns::Name apex = name("eu-west-1.compute.internal.");
  const auto names =
      AddressNames::forward(apex.view(), blocks({"10.0.0.0/16", "2001:db8::/56", "100.64.1.0/28"}));
  const Case cases[] = {
      {"ip-10-0-1-2.eu-west-1.compute.internal.", RRType::A, "A 10.0.1.2"},
      {"IP-10-0-255-255.EU-west-1.compute.internal.", RRType::A, "A 10.0.255.255"},
      {"ip-10-0-0-0.eu-west-1.compute.internal.", RRType::A, "A 10.0.0.0"},
      {"ip-100-64-1-15.eu-west-1.compute.internal.", RRType::A, "A 100.64.1.15"},
      {"ip-10-0-1-2.eu-west-1.compute.internal.", RRType::ANY, "A 10.0.1.2"},
      {"ip-10-0-1-2.eu-west-1.compute.internal.", RRType::AAAA, "NODATA"},
      {"ip-10-0-1-2.eu-west-1.compute.internal.", RRType::TXT, "NODATA"},
      // Addresses outside the blocks.
      {"ip-10-1-0-0.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-100-64-1-16.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-192-0-2-1.eu-west-1.compute.internal.", RRType::AAAA, "NXDOMAIN"},
      // Other spellings of addresses.
      {"ip-10-0-1-02.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0-1-002.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0-1-256.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0-1-2-.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0-1-2-3.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0-1.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0-1-.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0--2.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10-0-1-+2.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip--10-0-1-2.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip10-0-1-2.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"ip-10\\.0-1-2.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
      {"x.ip-10-0-1-2.eu-west-1.compute.internal.", RRType::A, "NXDOMAIN"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(find(*names, each.qname, each.qtype), each.expected) << each.qname;
  }
}

TEST(AddressNames, TurnAddressesOfTheVpcIntoNames) {
  const dns::Name apex = name("ec2.internal.");
  const auto names = AddressNames::reverse(*IpAddress::parse("10.0.7.0"),
                                           blocks({"10.0.7.0/25", "10.0.7.192/28"}), apex.view());
  const Case cases[] = {
      {"0.7.0.10.in-addr.arpa.", RRType::PTR, "PTR ip-10-0-7-0.ec2.internal."},
      {"127.7.0.10.IN-ADDR.arpa.", RRType::PTR, "PTR ip-10-0-7-127.ec2.internal."},
      {"207.7.0.10.in-addr.arpa.", RRType::ANY, "PTR ip-10-0-7-207.ec2.internal."},
      {"1.7.0.10.in-addr.arpa.", RRType::A, "NODATA"},
      {"128.7.0.10.in-addr.arpa.", RRType::PTR, "NXDOMAIN"},
      {"208.7.0.10.in-addr.arpa.", RRType::PTR, "NXDOMAIN"},
      {"256.7.0.10.in-addr.arpa.", RRType::PTR, "NXDOMAIN"},
      {"01.7.0.10.in-addr.arpa.", RRType::PTR, "NXDOMAIN"},
      {"1x.7.0.10.in-addr.arpa.", RRType::PTR, "NXDOMAIN"},
      {"-1.7.0.10.in-addr.arpa.", RRType::PTR, "NXDOMAIN"},
      {"1.1.7.0.10.in-addr.arpa.", RRType::PTR, "NXDOMAIN"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(find(*names, each.qname, each.qtype), each.expected) << each.qname;
  }
}

TEST(AddressNames, FitTheLongestName) {
  const std::string label(63, 'a');
  // ip-255-255-255-255 needs 19 of 255 bytes.
  const dns::Name apex = name(label + '.' + label + '.' + label + '.' + std::string(42, 'b') + '.');
  ASSERT_EQ(apex.view().size(), 236U);
  const auto names = AddressNames::reverse(*IpAddress::parse("255.255.255.0"),
                                           blocks({"255.255.255.0/24"}), apex.view());
  EXPECT_EQ(find(*names, "255.255.255.255.in-addr.arpa.", RRType::PTR),
            "PTR ip-255-255-255-255." + apex.view().to_text());
}

}  // namespace
}  // namespace inlet53::zone
