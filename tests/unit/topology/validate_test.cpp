// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/validate.h"

#include "valid_topology.h"
#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

TEST(Topology, FindsObjectsById) {
  const Topology topology = valid_topology();
  ASSERT_NE(topology.find_vpc("vpc-1234abcd"), nullptr);
  EXPECT_EQ(topology.find_vpc("vpc-1234abcd")->name, "other");
  EXPECT_EQ(topology.find_vpc("demo"), nullptr) << "names are the source's business";
  EXPECT_EQ(topology.find_subnet(""), nullptr);
  EXPECT_EQ(topology.find_subnet(topology.subnets[1].id), &topology.subnets[1]);
  EXPECT_EQ(topology.find_prefix_list(topology.prefix_lists[0].id), &topology.prefix_lists[0]);
  EXPECT_EQ(topology.find_security_group(topology.security_groups[1].id),
            &topology.security_groups[1]);
  EXPECT_EQ(topology.find_vpc_endpoint("vpce-0ac4147ba9386c9f7"), &topology.vpc_endpoints[0]);
}

TEST(Topology, ServesAnAddressAtItselfAndPort53UnlessItListensElsewhere) {
  ResolverEndpointIp ip;
  ip.address = IpAddress::parse("10.0.0.4").value();
  EXPECT_EQ(serving_address(ip).to_text(), "10.0.0.4:53");
  ip.listen = SocketAddress::parse("127.0.53.1:5300");
  EXPECT_EQ(serving_address(ip).to_text(), "127.0.53.1:5300");
}

TEST(KeyPath, QuotesWhatTomlWouldQuote) {
  EXPECT_EQ(to_text(KeyPath{"resolver_endpoint", "in-1", "ip_address", size_t{0}, "address"}),
            "resolver_endpoint.in-1.ip_address[0].address");
  EXPECT_EQ(to_text(KeyPath{"hosted_zone", "corp.internal", "file"}),
            "hosted_zone.\"corp.internal\".file");
  EXPECT_EQ(to_text(KeyPath{"vpc", ""}), "vpc.\"\"");
  EXPECT_EQ(to_text(KeyPath{}), "");
}

TEST(Validate, FindsNothingInAValidTopology) {
  expect_problems({{"nothing", [](Topology&) {}, {}}, {"empty", [](Topology& t) { t = {}; }, {}}});
}

TEST(Validate, HoldsIdsToTheirShape) {
  expect_problems({
      {"vpc",
       [](Topology& t) {
         t.vpcs.push_back(t.vpcs[0]);
         t.vpcs[2].name = "third";
         t.vpcs[2].id = "vpc-0C00CA6AA29C8472F";
       },
       {"vpc.third.id: \"vpc-0C00CA6AA29C8472F\" is no id of this kind; it is vpc- and 17 (or 8) "
        "of 0-9a-f"}},
      {"rni",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses[1].id = "eni-12345678"; },
       {"resolver_endpoint.inbound.ip_address[1].id: \"eni-12345678\" is no id of this kind; it is "
        "rni- and 17 of 0-9a-f"}},
      {"rest api",
       [](Topology& t) { t.rest_apis[0].id = "dligg9dxu"; },
       {"rest_api.hello.id: \"dligg9dxu\" is no id of this kind; it is 10 of a-z0-9"}},
      {"hosted zone",
       [](Topology& t) { t.hosted_zones[0].id = "z1d6"; },
       {"hosted_zone.corp.id: \"z1d6\" is no id of this kind; it is Z and 1 to 31 of A-Z0-9"}},
      {"suffix",
       [](Topology& t) { t.vpc_endpoints[0].dns_suffix = "P7K2M9QX"; },
       {"vpc_endpoint.execute-api.dns_suffix: \"P7K2M9QX\" is no DNS suffix; it is 8 of a-z0-9"}},
      {"account",
       [](Topology& t) { t.vpcs[0].account_id = "1234567890123"; },
       {"vpc.demo.account_id: \"1234567890123\" is no account id; it is 12 digits"}},
      {"region",
       [](Topology& t) { t.rest_apis[0].region = "eu-west"; },
       {"rest_api.hello.region: \"eu-west\" is no region; one looks like \"eu-west-1\"",
        "rest_api.hello.vpc_endpoints[0]: VPC endpoint \"execute-api\" is in eu-west-1, but the "
        "REST API in eu-west"}},
  });
}

TEST(Validate, HoldsIdsAndNamesToOneUse) {
  expect_problems({
      {"id",
       [](Topology& t) {
         t.resolver_endpoints[0].ip_addresses[2].id = t.resolver_endpoints[0].ip_addresses[0].id;
       },
       {"resolver_endpoint.inbound.ip_address[2].id: \"" +
        valid_topology().resolver_endpoints[0].ip_addresses[0].id +
        "\" is the id of resolver_endpoint.inbound.ip_address[0].id already"}},
      {"name",
       [](Topology& t) {
         t.rest_apis.push_back(t.rest_apis[0]);
         t.rest_apis[1].id = "aaaaaaaaaa";
       },
       {"rest_api.hello: another object of this kind has the same name"}},
  });
}

TEST(Validate, FindsDanglingReferencesAndTheNearestName) {
  expect_problems({
      {"near a name",
       [](Topology& t) { t.hosted_zones[0].vpcs = {"demoo"}; },
       {"hosted_zone.corp.vpcs[0]: no VPC has the name or id \"demoo\"; did you mean \"demo\"?"}},
      {"near an id",
       [](Topology& t) { t.hosted_zones[0].vpcs = {"vpc-1234abce"}; },
       {"hosted_zone.corp.vpcs[0]: no VPC has the name or id \"vpc-1234abce\"; did you mean "
        "\"vpc-1234abcd\"?"}},
      {"near nothing",
       [](Topology& t) { t.hosted_zones[0].vpcs = {"production"}; },
       {"hosted_zone.corp.vpcs[0]: no VPC has the name or id \"production\"; there are \"demo\" "
        "and \"other\""}},
      {"none at all",
       [](Topology& t) { t.prefix_lists.clear(); },
       {"security_group.dns.ingress[0].prefix_list: no prefix list has the name or id \"" +
        valid_topology().prefix_lists[0].id + "\"; there is no prefix list at all"}},
      {"twice",
       [](Topology& t) { t.hosted_zones[0].vpcs.push_back(t.vpcs[0].id); },
       {"hosted_zone.corp.vpcs[1]: this VPC is in the list already"}},
      {"a subnet's VPC, said once",
       [](Topology& t) {
         t.subnets.resize(2);
         for (Subnet& subnet : t.subnets) subnet.vpc = "x";
         t.resolver_endpoints[0].vpc = "x";
         t.vpc_endpoints.clear();
         t.rest_apis.clear();
       },
       {"subnet.a.vpc: no VPC has the name or id \"x\"; there are \"demo\" and \"other\"",
        "subnet.b.vpc: no VPC has the name or id \"x\"; there are \"demo\" and \"other\""}},
  });
}

TEST(Validate, ChecksRestApisAndHostedZones) {
  expect_problems({
      {"another service",
       [](Topology& t) { t.vpc_endpoints[0].service_name = "com.amazonaws.eu-west-1.s3"; },
       {"rest_api.hello.vpc_endpoints[0]: VPC endpoint \"execute-api\" is for s3; a REST API goes "
        "with an execute-api endpoint"}},
      {"no VPC",
       [](Topology& t) { t.hosted_zones[0].vpcs.clear(); },
       {"hosted_zone.corp.vpcs: a private hosted zone is associated with at least one VPC"}},
      {"the same name in a VPC",
       [](Topology& t) {
         HostedZone second = t.hosted_zones[0];
         second.name = "second";
         second.id = "Z2";
         second.domain_name = "CORP.internal.";
         second.vpcs = {t.vpcs[1].id, t.vpcs[0].id};
         t.hosted_zones.push_back(second);
       },
       {"hosted_zone.second.vpcs[1]: hosted zone \"corp\" has the same domain_name in VPC "
        "\"demo\""}},
  });
}

TEST(Validate, TakesOnlyDomainNamesThatAZoneCanHave) {
  const std::string label63(63, 'a');
  const std::string longest = label63 + '.' + label63 + '.' + label63 + '.' + std::string(61, 'a');
  struct Name {
    std::string text;
    bool good;
  };
  const Name names[] = {
      {"corp.internal", true},
      {"corp.internal.", true},
      {"internal", true},
      {"_tcp.corp", true},
      {"0/25.2.0.192.in-addr.arpa", true},
      {label63 + ".x", true},
      {longest, true},
      {longest + '.', true},
      {"", false},
      {".", false},
      {"a..b", false},
      {".corp", false},
      {"corp..", false},
      {"*.corp", false},
      {"co rp", false},
      {label63 + "a.x", false},
      {longest + 'a', false},
      {"caf\xc3\xa9.corp", false},
      {std::string("a\0b", 3), false},
  };
  for (const Name& name : names) {
    Topology topology = valid_topology();
    topology.hosted_zones[0].domain_name = name.text;
    EXPECT_EQ(validate(topology).empty(), name.good) << name.text;
  }
}

}  // namespace
}  // namespace inlet53::topology
