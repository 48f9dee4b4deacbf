// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/dns/rdata_text.h"
#include "inlet53/dns/types.h"
#include "inlet53/zone/generated_zones.h"

namespace inlet53::zone {
namespace {

using topology::DnsRecordIpType;
using topology::PrivateDns;
using topology::Topology;
using topology::VpcEndpoint;

constexpr const char* kSoaRdata =
    "ns-0.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 60";

topology::NetworkInterface interface(std::string subnet, std::string_view v4,
                                     std::string_view v6 = {}) {
  topology::NetworkInterface out;
  out.subnet = std::move(subnet);
  out.address = IpAddress::parse(v4);
  out.ipv6_address = IpAddress::parse(v6);
  return out;
}

VpcEndpoint endpoint(std::string id, std::string vpc, PrivateDns private_dns) {
  VpcEndpoint out;
  out.id = std::move(id);
  out.vpc = std::move(vpc);
  out.service_name = "com.amazonaws.eu-west-1.execute-api";
  out.dns_suffix = "ab12cd34";
  out.private_dns = private_dns;
  out.network_interfaces = {interface("subnet-a", "10.0.12.179"),
                            interface("subnet-b", "10.0.140.226")};
  return out;
}

topology::RestApi rest_api(std::string id, std::vector<std::string> endpoints) {
  topology::RestApi out;
  out.id = std::move(id);
  out.region = "eu-west-1";
  out.vpc_endpoints = std::move(endpoints);
  return out;
}

/// The network of the AWS blog: one VPC with an endpoint in two Availability Zones; another VPC
/// without.
Topology demo(PrivateDns private_dns) {
  Topology topology;
  for (const char* id : {"vpc-1", "vpc-2"}) {
    topology.vpcs.emplace_back();
    topology.vpcs.back().id = id;
    topology.vpcs.back().region = "eu-west-1";
  }
  for (const char zone : {'a', 'b', 'c'}) {
    topology.subnets.emplace_back();
    topology.subnets.back().id = concat("subnet-", zone);
    topology.subnets.back().availability_zone = concat("eu-west-1", zone);
  }
  topology.vpc_endpoints = {endpoint("vpce-0ac4147ba9386c9f7", "vpc-1", private_dns)};
  topology.rest_apis = {rest_api("dligg9dxuk", {"vpce-0ac4147ba9386c9f7"})};
  return topology;
}

/// Returns each zone as sorted lines, with "zone APEX full|partial" before its records.
std::vector<std::string> lines_of(const std::vector<GeneratedZone>& zones) {
  std::vector<std::string> lines;
  for (const GeneratedZone& zone : zones) {
    lines.push_back(
        concat("zone ", zone.data.apex().to_text(), zone.partial ? " partial" : " full"));
    const size_t first = lines.size();
    for (size_t i = 0; i < zone.data.size(); ++i) {
      const ZoneData::Record record = zone.data.record(i);
      lines.push_back(concat(record.owner.to_text(), " ", record.ttl, " ",
                             dns::type_text(record.type), " ",
                             dns::rdata_text(record.type, record.rdata)));
    }
    std::sort(lines.begin() + static_cast<ptrdiff_t>(first), lines.end());
  }
  return lines;
}

std::vector<std::string> names_at(const Topology& topology, size_t vpc) {
  return lines_of(endpoint_zones(topology, topology.vpcs[vpc]));
}

using Lines = std::vector<std::string>;

Lines endpoint_names_of_the_demo() {
  const std::string soa = kSoaRdata;
  const std::string domain = "execute-api.eu-west-1.vpce.amazonaws.com.";
  const std::string label = "vpce-0ac4147ba9386c9f7-ab12cd34";
  return {"zone " + domain + " partial",
          domain + " 60 SOA " + soa,
          label + "-eu-west-1a." + domain + " 60 A 10.0.12.179",
          label + "-eu-west-1b." + domain + " 60 A 10.0.140.226",
          label + "." + domain + " 60 A 10.0.12.179",
          label + "." + domain + " 60 A 10.0.140.226"};
}

Lines with_endpoint_names(Lines lines) {
  const Lines more = endpoint_names_of_the_demo();
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

TEST(EndpointZones, PrivateDnsEnabledMakesAFullZoneWithAWildcard) {
  const std::string domain = "execute-api.eu-west-1.amazonaws.com.";
  EXPECT_EQ(names_at(demo(PrivateDns::Enabled), 0),
            with_endpoint_names({
                "zone " + domain + " full",
                "*." + domain + " 60 A 10.0.12.179",
                "*." + domain + " 60 A 10.0.140.226",
                "dligg9dxuk-vpce-0ac4147ba9386c9f7." + domain + " 60 A 10.0.12.179",
                "dligg9dxuk-vpce-0ac4147ba9386c9f7." + domain + " 60 A 10.0.140.226",
                domain + " 172800 NS ns-0.awsdns-00.com.",
                domain + " 172800 NS ns-1024.awsdns-00.org.",
                domain + " 172800 NS ns-1536.awsdns-00.co.uk.",
                domain + " 172800 NS ns-512.awsdns-00.net.",
                domain + " 60 A 10.0.12.179",
                domain + " 60 A 10.0.140.226",
                domain + " 60 SOA " + kSoaRdata,
            }));
}

TEST(EndpointZones, ListedMakesAPartialZoneOfTheTopologysApis) {
  Topology topology = demo(PrivateDns::Listed);
  topology.rest_apis.push_back(rest_api("unattached", {}));
  topology.rest_apis.push_back(rest_api("elsewhere1", {}));
  topology.rest_apis.back().region = "eu-central-1";
  const std::string domain = "execute-api.eu-west-1.amazonaws.com.";
  EXPECT_EQ(names_at(topology, 0),
            with_endpoint_names({
                "zone " + domain + " partial",
                "dligg9dxuk-vpce-0ac4147ba9386c9f7." + domain + " 60 A 10.0.12.179",
                "dligg9dxuk-vpce-0ac4147ba9386c9f7." + domain + " 60 A 10.0.140.226",
                "dligg9dxuk." + domain + " 60 A 10.0.12.179",
                "dligg9dxuk." + domain + " 60 A 10.0.140.226",
                domain + " 60 SOA " + kSoaRdata,
                "unattached." + domain + " 60 A 10.0.12.179",
                "unattached." + domain + " 60 A 10.0.140.226",
            }));
}

// AWS has these names in public DNS: they depend neither on private DNS nor on the VPC.
TEST(EndpointZones, AssociationsAndEndpointNamesNeedNoPrivateDnsAndExistInOtherVpcs) {
  const std::string domain = "execute-api.eu-west-1.amazonaws.com.";
  const Lines expected = with_endpoint_names({
      "zone " + domain + " partial",
      "dligg9dxuk-vpce-0ac4147ba9386c9f7." + domain + " 60 A 10.0.12.179",
      "dligg9dxuk-vpce-0ac4147ba9386c9f7." + domain + " 60 A 10.0.140.226",
      domain + " 60 SOA " + kSoaRdata,
  });
  EXPECT_EQ(names_at(demo(PrivateDns::Disabled), 0), expected);
  EXPECT_EQ(names_at(demo(PrivateDns::Disabled), 1), expected);
  EXPECT_EQ(names_at(demo(PrivateDns::Enabled), 1), expected);
  EXPECT_EQ(names_at(demo(PrivateDns::Listed), 1), expected);
}

TEST(EndpointZones, WithoutAssociationAndPrivateDnsThereAreNoServiceNames) {
  Topology topology = demo(PrivateDns::Disabled);
  topology.rest_apis.clear();
  EXPECT_EQ(names_at(topology, 0), endpoint_names_of_the_demo());
  topology.vpc_endpoints.clear();
  EXPECT_TRUE(names_at(topology, 0).empty());
}

/// Returns the types of the A and AAAA records at `owner`.
std::string types_at(const Lines& lines, const std::string& owner) {
  std::string types;
  for (const std::string& line : lines) {
    for (const char* type : {"A", "AAAA"}) {
      if (line.starts_with(concat(owner, " 60 ", type, " "))) types += concat(type, " ");
    }
  }
  return types;
}

TEST(EndpointZones, DnsRecordIpTypeDecidesTheRecordTypes) {
  struct Case {
    DnsRecordIpType type;
    const char* private_names;
    const char* endpoint_names;
  };
  for (const Case& c :
       {Case{DnsRecordIpType::Ipv4, "A ", "A "}, Case{DnsRecordIpType::Ipv6, "AAAA ", "AAAA "},
        Case{DnsRecordIpType::Dualstack, "A AAAA ", "A AAAA "},
        Case{DnsRecordIpType::ServiceDefined, "A ", "A AAAA "}}) {
    Topology topology = demo(PrivateDns::Enabled);
    VpcEndpoint& vpce = topology.vpc_endpoints[0];
    vpce.dns_record_ip_type = c.type;
    vpce.network_interfaces = {interface("subnet-a", "10.0.12.179", "2001:db8::a")};
    const Lines lines = names_at(topology, 0);
    const std::string domain = "execute-api.eu-west-1.amazonaws.com.";
    EXPECT_EQ(types_at(lines, domain), c.private_names);
    EXPECT_EQ(types_at(lines, "*." + domain), c.private_names);
    EXPECT_EQ(types_at(lines, "dligg9dxuk-vpce-0ac4147ba9386c9f7." + domain), c.private_names);
    const std::string vpce_domain = "execute-api.eu-west-1.vpce.amazonaws.com.";
    const std::string label = "vpce-0ac4147ba9386c9f7-ab12cd34";
    EXPECT_EQ(types_at(lines, label + "." + vpce_domain), c.endpoint_names);
    EXPECT_EQ(types_at(lines, label + "-eu-west-1a." + vpce_domain), c.endpoint_names);
  }
}

TEST(EndpointZones, SeveralEndpointsOfOneServiceShareZonesButNotAddresses) {
  Topology topology = demo(PrivateDns::Enabled);
  topology.vpc_endpoints.push_back(endpoint("vpce-2", "vpc-1", PrivateDns::Disabled));
  topology.vpc_endpoints[1].network_interfaces = {interface("subnet-c", "10.0.99.9")};
  topology.vpc_endpoints.push_back(endpoint("vpce-3", "vpc-2", PrivateDns::Enabled));
  topology.vpc_endpoints[2].network_interfaces = {interface("subnet-c", "10.9.9.9")};
  topology.rest_apis[0].vpc_endpoints = {"vpce-2", "vpce-3"};

  const std::string domain = "execute-api.eu-west-1.amazonaws.com.";
  const std::string vpce_domain = "execute-api.eu-west-1.vpce.amazonaws.com.";
  for (const size_t vpc : {size_t{0}, size_t{1}}) {
    const std::vector<GeneratedZone> zones = endpoint_zones(topology, topology.vpcs[vpc]);
    ASSERT_EQ(zones.size(), 2U);
    EXPECT_FALSE(zones[0].partial);
    const Lines lines = lines_of(zones);
    const auto count = [&](const std::string& line) { return std::ranges::count(lines, line); };
    EXPECT_EQ(count("*." + domain + " 60 A 10.0.12.179"), vpc == 0 ? 1 : 0);
    EXPECT_EQ(count("*." + domain + " 60 A 10.9.9.9"), vpc == 1 ? 1 : 0);
    EXPECT_EQ(count("*." + domain + " 60 A 10.0.99.9"), 0);
    EXPECT_EQ(count("dligg9dxuk-vpce-2." + domain + " 60 A 10.0.99.9"), 1);
    EXPECT_EQ(count("dligg9dxuk-vpce-3." + domain + " 60 A 10.9.9.9"), 1);
    EXPECT_EQ(count("vpce-2-ab12cd34." + vpce_domain + " 60 A 10.0.99.9"), 1);
    EXPECT_EQ(count("vpce-3-ab12cd34-eu-west-1c." + vpce_domain + " 60 A 10.9.9.9"), 1);
    EXPECT_EQ(std::ranges::count(lines, domain + " 60 SOA " + kSoaRdata), 1);
  }
}

TEST(EndpointZones, RegionsAndServicesHaveTheirOwnZones) {
  Topology topology = demo(PrivateDns::Enabled);
  topology.vpc_endpoints.push_back(endpoint("vpce-2", "vpc-1", PrivateDns::Enabled));
  topology.vpc_endpoints[1].service_name = "com.amazonaws.eu-central-1.execute-api";
  topology.vpc_endpoints.push_back(endpoint("vpce-3", "vpc-1", PrivateDns::Enabled));
  topology.vpc_endpoints[2].service_name = "com.amazonaws.eu-west-1.ecr.api";
  Lines zones;
  for (const std::string& line : names_at(topology, 0)) {
    if (line.starts_with("zone ")) zones.push_back(line.substr(5));
  }
  EXPECT_EQ(zones, (Lines{"api.ecr.eu-west-1.amazonaws.com. full",
                          "api.ecr.eu-west-1.vpce.amazonaws.com. partial",
                          "execute-api.eu-central-1.amazonaws.com. full",
                          "execute-api.eu-central-1.vpce.amazonaws.com. partial",
                          "execute-api.eu-west-1.amazonaws.com. full",
                          "execute-api.eu-west-1.vpce.amazonaws.com. partial"}));
  // An API's associated endpoint answers in its own region only.
  EXPECT_EQ(std::ranges::count(names_at(topology, 0),
                               "dligg9dxuk-vpce-0ac4147ba9386c9f7.execute-api.eu-central-1."
                               "amazonaws.com. 60 A 10.0.12.179"),
            0);
}

/// Returns the lines that show the zones and the addresses of names for a service's endpoint.
Lines zones_and_addresses(const char* service) {
  Topology topology = demo(PrivateDns::Enabled);
  topology.rest_apis.clear();
  topology.vpc_endpoints[0].service_name = service;
  topology.vpc_endpoints[0].network_interfaces = {interface("subnet-a", "10.0.12.179")};
  Lines kept;
  for (const std::string& line : names_at(topology, 0)) {
    const size_t address = line.find(" 60 A ");
    if (line.starts_with("zone ")) kept.push_back(line);
    if (address != std::string::npos) kept.push_back(line.substr(0, address));
  }
  return kept;
}

// AWS has a wildcard only below few names.
TEST(EndpointZones, PrivateNamesHaveAWildcardWhereTheServiceHasOne) {
  const std::string kms = "kms.eu-west-1.";
  EXPECT_EQ(zones_and_addresses("com.amazonaws.eu-west-1.kms"),
            (Lines{"zone " + kms + "amazonaws.com. full", kms + "amazonaws.com.",
                   "zone " + kms + "vpce.amazonaws.com. partial",
                   "vpce-0ac4147ba9386c9f7-ab12cd34-eu-west-1a." + kms + "vpce.amazonaws.com.",
                   "vpce-0ac4147ba9386c9f7-ab12cd34." + kms + "vpce.amazonaws.com."}));
  const std::string dkr = "dkr.ecr.eu-west-1.amazonaws.com.";
  const Lines ecr = zones_and_addresses("com.amazonaws.eu-west-1.ecr.dkr");
  EXPECT_EQ(Lines(ecr.begin(), ecr.begin() + 3), (Lines{"zone " + dkr + " full", "*." + dkr, dkr}));
}

TEST(EndpointZones, AServiceWithSeveralNamesHasAZoneForEach) {
  const std::string rest = ".eu-west-1.amazonaws.com.";
  const Lines lines = zones_and_addresses("com.amazonaws.eu-west-1.kinesis-streams");
  EXPECT_EQ(Lines(lines.begin(), lines.begin() + 8),
            (Lines{"zone control-kinesis" + rest + " full", "*.control-kinesis" + rest,
                   "control-kinesis" + rest, "zone data-kinesis" + rest + " full",
                   "*.data-kinesis" + rest, "data-kinesis" + rest, "zone kinesis" + rest + " full",
                   "kinesis" + rest}));
}

TEST(EndpointZones, AServiceWithoutARegionInItsNameIsInItsVpcs) {
  const Lines lines = zones_and_addresses("com.amazonaws.s3-global.accesspoint");
  EXPECT_EQ(std::ranges::count(lines, "zone accesspoint.s3-global.amazonaws.com. full"), 1);
  EXPECT_EQ(std::ranges::count(lines,
                               "vpce-0ac4147ba9386c9f7-ab12cd34.accesspoint.s3-global.eu-west-1."
                               "vpce.amazonaws.com."),
            1);
}

TEST(EndpointZones, RegionsInChinaHaveTheirOwnDomain) {
  Topology topology = demo(PrivateDns::Listed);
  topology.vpcs[0].region = topology.rest_apis[0].region = "cn-north-1";
  topology.vpc_endpoints[0].service_name = "com.amazonaws.cn-north-1.execute-api";
  const auto lines = lines_of(endpoint_zones(topology, topology.vpcs[0]));
  EXPECT_EQ(std::ranges::count(lines, "zone execute-api.cn-north-1.amazonaws.com.cn. partial"), 1);
  EXPECT_EQ(std::ranges::count(lines, "zone execute-api.cn-north-1.vpce.amazonaws.com.cn. partial"),
            1);
}

TEST(EndpointZones, OneInterfaceAZoneGivesZonalNamesTheirOwnAddresses) {
  const Lines lines = names_at(demo(PrivateDns::Disabled), 1);
  const std::string zonal =
      "vpce-0ac4147ba9386c9f7-ab12cd34-eu-west-1b.execute-api.eu-west-1.vpce.amazonaws.com.";
  EXPECT_EQ(std::ranges::count(lines, zonal + " 60 A 10.0.140.226"), 1);
  EXPECT_EQ(std::ranges::count(lines, zonal + " 60 A 10.0.12.179"), 0);
}

}  // namespace
}  // namespace inlet53::zone
