// SPDX-License-Identifier: Apache-2.0
#include "valid_topology.h"

#include <gtest/gtest.h>

#include "inlet53/base/aws_names.h"

namespace inlet53::topology {

namespace {

Cidr cidr(std::string_view text) { return Cidr::parse(text).value(); }
IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

Subnet subnet(const char* name, const char* vpc, const char* zone, const char* v4, const char* v6) {
  return {name, generate_id(id_shape::kSubnet, name), vpc, zone, cidr(v4), cidr(v6)};
}

ResolverEndpointIp endpoint_ip(const char* seed, const Subnet& subnet, const char* address) {
  return {
      generate_id(id_shape::kResolverNetworkInterface, seed), subnet.id, ip(address), {}, {}, true};
}

}  // namespace

Topology valid_topology() {
  Topology t;
  const std::string vpc = "vpc-0c00ca6aa29c8472f";
  const std::string other_vpc = "vpc-1234abcd";  // the shape of older ids
  t.vpcs = {{"demo",
             vpc,
             "eu-west-1",
             "123456789012",
             {cidr("10.0.0.0/16"), cidr("2001:db8:1200::/56")},
             true,
             true},
            {"other", other_vpc, "us-west-2", "123456789012", {cidr("10.0.0.0/16")}, true, true}};
  t.subnets = {
      subnet("a", vpc.c_str(), "eu-west-1a", "10.0.0.0/17", "2001:db8:1200::/64"),
      subnet("b", vpc.c_str(), "eu-west-1b", "10.0.128.0/17", "2001:db8:1200:1::/64"),
      subnet("far", other_vpc.c_str(), "us-west-2-lax-1a", "10.0.0.0/17", "2001:db8:9900::/64")};
  t.subnets[2].ipv6_cidr_block.reset();
  t.prefix_lists = {{"on-premises",
                     generate_id(id_shape::kPrefixList, "p"),
                     IpFamily::V4,
                     2,
                     {{cidr("172.31.0.0/16"), ""}}}};
  t.security_groups = {{"dns",
                        generate_id(id_shape::kSecurityGroup, "dns"),
                        vpc,
                        {{IpProtocol::Udp, 53, 53, t.prefix_lists[0].id, ""},
                         {IpProtocol::Tcp, 53, 53, cidr("172.31.0.0/16"), ""}}},
                       {"far", generate_id(id_shape::kSecurityGroup, "far"), other_vpc, {}}};
  t.resolver_endpoints = {
      {"inbound",
       "rslvr-in-a7dd746257784e148",
       Direction::Inbound,
       vpc,
       {t.security_groups[0].id},
       {endpoint_ip("1", t.subnets[0], "10.0.0.4"), endpoint_ip("2", t.subnets[1], "10.0.255.254"),
        endpoint_ip("3", t.subnets[1], "2001:db8:1200:1::4")}},
      {"outbound",
       "rslvr-out-fdc049932de1a2b3c",
       Direction::Outbound,
       vpc,
       {t.security_groups[0].id},
       {endpoint_ip("4", t.subnets[0], "10.0.0.5"), endpoint_ip("5", t.subnets[1], "10.0.128.5")}}};
  t.resolver_endpoints[1].ip_addresses[0].send_from = ip("127.0.0.1");
  t.resolver_endpoints[1].ip_addresses[1].send_from = ip("127.0.0.2");
  VpcEndpoint endpoint;
  endpoint.name = "execute-api";
  endpoint.id = "vpce-0ac4147ba9386c9f7";
  endpoint.vpc = vpc;
  endpoint.service_name = "com.amazonaws.eu-west-1.execute-api";
  endpoint.dns_suffix = "p7k2m9qx";
  endpoint.private_dns = PrivateDns::Enabled;
  endpoint.security_groups = {t.security_groups[0].id};
  endpoint.network_interfaces = {
      {generate_id(id_shape::kNetworkInterface, "1"), t.subnets[0].id, ip("10.0.12.179"), {}, {}},
      {generate_id(id_shape::kNetworkInterface, "2"), t.subnets[1].id, ip("10.0.140.226"), {}, {}}};
  t.vpc_endpoints = {endpoint};
  RestApi api;
  api.name = "hello";
  api.id = "dligg9dxuk";
  api.region = "eu-west-1";
  api.account_id = "123456789012";
  api.vpc_endpoints = {endpoint.id};
  t.rest_apis = {api};
  t.hosted_zones = {{"corp", "Z1D633PJN98FT9", "corp.internal", "/zones/corp", {vpc}}};
  t.resolver_rules = {{"corp",
                       generate_id(id_shape::kResolverRule, "corp"),
                       RuleType::Forward,
                       "corp.example.com",
                       t.resolver_endpoints[1].id,
                       {{{ip("192.0.2.53"), 53}, TargetProtocol::Do53, ""},
                        {{ip("192.0.2.54"), 853}, TargetProtocol::DoT, "dns.corp.example.com"}},
                       {vpc}},
                      {"aws",
                       generate_id(id_shape::kResolverRule, "aws"),
                       RuleType::System,
                       "aws.corp.example.com.",
                       "",
                       {},
                       {vpc, other_vpc}}};
  return t;
}

Problems texts_of(const std::vector<Problem>& problems) {
  Problems texts;
  for (const Problem& problem : problems) {
    texts.push_back(to_text(problem.path) + ": " + problem.message);
  }
  return texts;
}

Problems problems_of(Topology topology, const std::function<void(Topology&)>& change) {
  change(topology);
  return texts_of(validate(topology));
}

void expect_problems(const std::vector<Change>& changes) {
  for (const Change& each : changes) {
    EXPECT_EQ(problems_of(valid_topology(), each.change), each.problems) << each.name;
  }
}

}  // namespace inlet53::topology
