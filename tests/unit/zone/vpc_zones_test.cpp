// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "test_zone.h"

#include "inlet53/dns/rdata_text.h"
#include "inlet53/zone/generated_zones.h"
#include "inlet53/zone/zone_index.h"

namespace inlet53::zone {
namespace {

using dns::RRType;
using topology::Topology;

topology::Vpc vpc(std::string id, std::string region, std::vector<const char*> blocks) {
  topology::Vpc out;
  out.id = std::move(id);
  out.region = std::move(region);
  for (const char* block : blocks) out.cidr_blocks.push_back(Cidr::parse(block).value());
  return out;
}

topology::Instance instance(std::string id, std::string subnet, std::string_view address,
                            std::string_view ipv6 = {}, std::string_view public_address = {}) {
  topology::Instance out;
  out.id = std::move(id);
  out.subnet = std::move(subnet);
  out.address = *IpAddress::parse(address);
  out.ipv6_address = IpAddress::parse(ipv6);
  out.public_address = IpAddress::parse(public_address);
  return out;
}

/// Two VPCs with the same addresses in one region, and one in us-east-1 without private addresses.
Topology three_vpcs() {
  Topology t;
  t.vpcs = {vpc("vpc-1", "eu-west-1", {"10.0.0.0/23", "2001:db8::/56"}),
            vpc("vpc-2", "eu-west-1", {"10.0.0.0/24"}),
            vpc("vpc-3", "us-east-1", {"100.64.0.0/25"})};
  for (const char* id : {"1", "2", "3"}) {
    t.subnets.emplace_back();
    t.subnets.back().id = std::string("subnet-") + id;
    t.subnets.back().vpc = std::string("vpc-") + id;
  }
  t.instances = {instance("i-1", "subnet-1", "10.0.1.10", "2001:db8::10", "203.0.113.25"),
                 instance("i-2", "subnet-2", "10.0.0.20", "", "203.0.113.26"),
                 instance("i-3", "subnet-3", "100.64.0.30", "", "203.0.113.27")};
  return t;
}

ZoneIndex index_of(const Topology& topology, size_t index,
                   std::vector<ZoneIndex::Entry> entries = {}) {
  for (const GeneratedZone& made : vpc_zones(topology, topology.vpcs[index])) {
    entries.push_back({ZoneKind::VpcNames,
                       ZoneTable::build(made.data, kTestSeed, {.partial = made.partial}),
                       made.address_names});
  }
  return ZoneIndex(std::move(entries), kTestSeed);
}

/// Returns `A 10.0.1.10`, `NODATA of eu-west-1.compute.internal.`, `NXDOMAIN of …` or `nothing`.
std::string ask(const ZoneIndex& index, std::string_view qname, RRType qtype) {
  const NameKey made = key(qname);
  LookupResult lookup;
  index.find(made, static_cast<uint16_t>(qtype), 0, false, lookup);
  switch (lookup.found) {
    case Found::NotCovered:
      return "nothing";
    case Found::NoData:
    case Found::NXDomain:
      EXPECT_EQ(lookup.rrset.wire.type, static_cast<uint16_t>(RRType::SOA));
      EXPECT_EQ(load_be32(&lookup.rrset.wire.records[6]), 60U);
      return (lookup.found == Found::NoData ? "NODATA of " : "NXDOMAIN of ") +
             lookup.owner.to_text();
    default:
      break;
  }
  EXPECT_EQ(lookup.found, Found::Answer);
  std::string out = dns::type_text(lookup.rrset.wire.type);
  for (const Octets& rdata : rdata_of(lookup.rrset.wire)) {
    std::string text(dns::max_rdata_text(rdata.size()), '\0');
    text.resize(dns::write_rdata_text(lookup.rrset.wire.type, rdata, text.data(), text.size()));
    out += ' ' + text;
  }
  return out;
}

struct Case {
  const char* qname;
  RRType qtype;
  const char* expected;
};

void expect(const ZoneIndex& index, std::initializer_list<Case> cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(ask(index, each.qname, each.qtype), each.expected) << each.qname;
  }
}

constexpr auto kA = RRType::A;
constexpr auto kAaaa = RRType::AAAA;
constexpr auto kPtr = RRType::PTR;

TEST(VpcRecords, HaveThePrivateNamesOfTheVpc) {
  expect(index_of(three_vpcs(), 0),
         {
             {"ip-10-0-1-255.eu-west-1.compute.internal.", kA, "A 10.0.1.255"},
             {"ip-10-0-1-255.eu-west-1.compute.internal.", kAaaa,
              "NODATA of eu-west-1.compute.internal."},
             {"ip-10-0-2-0.eu-west-1.compute.internal.", kA,
              "NXDOMAIN of eu-west-1.compute.internal."},
             {"eu-west-1.compute.internal.", kA, "NODATA of eu-west-1.compute.internal."},
             {"i-1.eu-west-1.compute.internal.", kA, "A 10.0.1.10"},
             {"i-1.eu-west-1.compute.internal.", kAaaa, "AAAA 2001:db8::10"},
             {"i-2.eu-west-1.compute.internal.", kA, "NXDOMAIN of eu-west-1.compute.internal."},
             {"ip-10-0-0-1.us-east-1.compute.internal.", kA, "nothing"},
             {"compute.internal.", kA, "nothing"},
         });
}

TEST(VpcRecords, UseTheOldNamesOfTheFirstRegion) {
  expect(index_of(three_vpcs(), 2),
         {
             {"ip-100-64-0-5.ec2.internal.", kA, "A 100.64.0.5"},
             {"i-3.ec2.internal.", kA, "A 100.64.0.30"},
             {"i-3.ec2.internal.", kAaaa, "NODATA of ec2.internal."},
             {"x.compute-1.internal.", kA, "NXDOMAIN of compute-1.internal."},
             {"ip-100-64-0-5.us-east-1.compute.internal.", kA, "nothing"},
             {"ec2-203-0-113-27.compute-1.amazonaws.com.", kA, "A 100.64.0.30"},
             {"5.0.64.100.in-addr.arpa.", kPtr, "PTR ip-100-64-0-5.ec2.internal."},
             {"128.0.64.100.in-addr.arpa.", kPtr, "NXDOMAIN of 0.64.100.in-addr.arpa."},
             {"5.1.64.100.in-addr.arpa.", kPtr, "nothing"},  // not in the VPC, and public
         });
}

TEST(VpcRecords, UseTheDomainOfRegionsInChina) {
  Topology topology = three_vpcs();
  topology.vpcs[2].region = "cn-north-1";
  expect(index_of(topology, 2),
         {
             {"ec2-203-0-113-27.cn-north-1.compute.amazonaws.com.cn.", kA, "A 100.64.0.30"},
             {"ec2-203-0-113-27.cn-north-1.compute.amazonaws.com.", kA, "nothing"},
         });
}

TEST(VpcRecords, ResolvePublicNamesToPrivateAddressesInTheirOwnVpc) {
  expect(index_of(three_vpcs(), 0),
         {
             {"ec2-203-0-113-25.eu-west-1.compute.amazonaws.com.", kA, "A 10.0.1.10"},
             {"ec2-203-0-113-26.eu-west-1.compute.amazonaws.com.", kA, "A 203.0.113.26"},
             {"ec2-203-0-113-27.compute-1.amazonaws.com.", kA, "A 203.0.113.27"},
             {"ec2-203-0-113-99.eu-west-1.compute.amazonaws.com.", kA, "nothing"},
         });
  Topology t = three_vpcs();
  t.vpcs[1].enable_dns_hostnames = false;
  expect(index_of(t, 0), {{"ec2-203-0-113-26.eu-west-1.compute.amazonaws.com.", kA, "nothing"}});
}

TEST(VpcRecords, AnswerReverseLookupsOfPrivateAddresses) {
  const ZoneIndex index = index_of(three_vpcs(), 0);
  expect(index,
         {
             {"7.1.0.10.in-addr.arpa.", kPtr, "PTR ip-10-0-1-7.eu-west-1.compute.internal."},
             {"7.1.0.10.in-addr.arpa.", kA, "NODATA of 1.0.10.in-addr.arpa."},
             {"1.0.10.in-addr.arpa.", kPtr, "NODATA of 1.0.10.in-addr.arpa."},
             {"7.2.0.10.in-addr.arpa.", kPtr, "NXDOMAIN of 10.in-addr.arpa."},
             {"9.9.9.10.in-addr.arpa.", kPtr, "NXDOMAIN of 10.in-addr.arpa."},
             // Between 10.in-addr.arpa and the VPC's /24s: there are names below it.
             {"0.10.in-addr.arpa.", kPtr, "NODATA of 10.in-addr.arpa."},
             {"1.10.in-addr.arpa.", kPtr, "NXDOMAIN of 10.in-addr.arpa."},
             {"1.1.16.172.in-addr.arpa.", kPtr, "NXDOMAIN of 16.172.in-addr.arpa."},
             {"1.1.31.172.in-addr.arpa.", kPtr, "NXDOMAIN of 31.172.in-addr.arpa."},
             {"1.1.15.172.in-addr.arpa.", kPtr, "nothing"},
             {"1.1.32.172.in-addr.arpa.", kPtr, "nothing"},
             {"1.1.168.192.in-addr.arpa.", kPtr, "NXDOMAIN of 168.192.in-addr.arpa."},
             {"1.1.169.192.in-addr.arpa.", kPtr, "nothing"},
             {"254.169.254.169.in-addr.arpa.", kPtr, "NODATA of 254.169.254.169.in-addr.arpa."},
             {"8.8.8.8.in-addr.arpa.", kPtr, "nothing"},
         });
  Topology t = three_vpcs();
  t.vpcs[0].autodefined_reverse = false;
  expect(index_of(t, 0), {
                             {"7.1.0.10.in-addr.arpa.", kPtr, "nothing"},
                             {"9.9.9.10.in-addr.arpa.", kPtr, "nothing"},
                             {"1.0.0.127.in-addr.arpa.", kPtr, "PTR localhost."},
                             {"ip-10-0-1-255.eu-west-1.compute.internal.", kA, "A 10.0.1.255"},
                         });
}

TEST(VpcRecords, ContainLocalhost) {
  const std::string zeros =
      ".0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.";
  expect(index_of(three_vpcs(), 0),
         {
             {"localhost.", kA, "A 127.0.0.1"},
             {"localhost.", kAaaa, "AAAA ::1"},
             {"any.thing.localhost.", kA, "A 127.0.0.1"},
             {"localhost.localdomain.", kA, "A 127.0.0.1"},
             {"other.localdomain.", kA, "NXDOMAIN of localdomain."},
             {"1.0.0.127.in-addr.arpa.", kPtr, "PTR localhost."},
             {"2.0.0.127.in-addr.arpa.", kPtr, "NXDOMAIN of 127.in-addr.arpa."},
             {("1" + zeros).c_str(), kPtr, "PTR localhost."},
             {("0" + zeros).c_str(), kPtr, ("NODATA of 0" + zeros).c_str()},
             {("2" + zeros).c_str(), kPtr, "nothing"},
         });
}

TEST(VpcRecords, NeedBothAttributesOfTheVpc) {
  for (bool topology::Vpc::*attribute :
       {&topology::Vpc::enable_dns_support, &topology::Vpc::enable_dns_hostnames}) {
    Topology t = three_vpcs();
    t.vpcs[0].*attribute = false;
    EXPECT_TRUE(vpc_zones(t, t.vpcs[0]).empty());
  }
}

TEST(VpcRecords, KeepVpcsWithTheSameAddressesApart) {
  const Topology t = three_vpcs();
  expect(index_of(t, 1),
         {
             {"ip-10-0-0-1.eu-west-1.compute.internal.", kA, "A 10.0.0.1"},
             {"ip-10-0-1-1.eu-west-1.compute.internal.", kA,
              "NXDOMAIN of eu-west-1.compute.internal."},
             {"i-2.eu-west-1.compute.internal.", kA, "A 10.0.0.20"},
             {"i-1.eu-west-1.compute.internal.", kA, "NXDOMAIN of eu-west-1.compute.internal."},
             {"1.1.0.10.in-addr.arpa.", kPtr, "NXDOMAIN of 10.in-addr.arpa."},
         });
}

TEST(VpcRecords, YieldToHostedZonesOfTheSameOrMoreSpecificNames) {
  const auto hosted = [](const char* apex, const char* owner, uint8_t last) {
    return ZoneIndex::Entry{ZoneKind::HostedZone, TestZone(apex).soa(60).a(owner, last).build()};
  };
  const ZoneIndex index =
      index_of(three_vpcs(), 0,
               {hosted("eu-west-1.compute.internal.", "www.eu-west-1.compute.internal.", 1),
                hosted("0.10.in-addr.arpa.", "x.0.10.in-addr.arpa.", 2),
                hosted("1.0.10.in-addr.arpa.", "7.1.0.10.in-addr.arpa.", 3),
                hosted("7.0.0.10.in-addr.arpa.", "7.0.0.10.in-addr.arpa.", 4)});
  expect(index, {
                    {"www.eu-west-1.compute.internal.", kA, "A 192.0.2.1"},
                    {"ip-10-0-1-7.eu-west-1.compute.internal.", kA,
                     "NXDOMAIN of eu-west-1.compute.internal."},
                    {"7.1.0.10.in-addr.arpa.", kA, "A 192.0.2.3"},
                    {"8.1.0.10.in-addr.arpa.", kPtr, "NXDOMAIN of 1.0.10.in-addr.arpa."},
                    {"7.0.0.10.in-addr.arpa.", kA, "A 192.0.2.4"},
                    // A more specific zone of the VPC precedes the hosted zone.
                    {"8.0.0.10.in-addr.arpa.", kPtr, "PTR ip-10-0-0-8.eu-west-1.compute.internal."},
                    {"x.0.10.in-addr.arpa.", kA, "A 192.0.2.2"},
                    {"1.1.10.in-addr.arpa.", kPtr, "NXDOMAIN of 10.in-addr.arpa."},
                });
}

TEST(VpcRecords, AreOneZoneForEach24) {
  Topology t = three_vpcs();
  const auto count = [&](std::vector<const char*> blocks) {
    t.vpcs[0] = vpc("vpc-1", "eu-west-1", std::move(blocks));
    const auto zones = vpc_zones(t, t.vpcs[0]);
    return std::count_if(zones.begin(), zones.end(),
                         [](const GeneratedZone& zone) { return zone.address_names != nullptr; }) -
           1;  // the forward zone
  };
  EXPECT_EQ(count({"10.0.0.0/16"}), 256);
  EXPECT_EQ(count({"10.0.0.0/23"}), 2);
  EXPECT_EQ(count({"10.0.0.0/25", "10.0.0.192/28", "10.0.1.0/28"}), 2);
  EXPECT_EQ(count({"2001:db8::/56"}), 0);
}

}  // namespace
}  // namespace inlet53::zone
