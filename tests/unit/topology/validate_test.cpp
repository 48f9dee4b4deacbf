// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/validate.h"

#include <functional>

#include "sound_topology.h"
#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

Cidr cidr(std::string_view text) { return Cidr::parse(text).value(); }
IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

/// Change of the valid topology, and every problem that it causes.
struct Case {
  const char* what;
  std::function<void(Topology&)> breakage;
  std::vector<std::string> problems;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    Topology topology = sound_topology();
    each.breakage(topology);
    std::vector<std::string> problems;
    for (const Problem& problem : validate(topology)) {
      problems.push_back(to_text(problem.path) + ": " + problem.message);
    }
    EXPECT_EQ(problems, each.problems);
  }
}

TEST(KeyPath, QuotesWhatTomlWouldQuote) {
  EXPECT_EQ(to_text(KeyPath{"resolver_endpoint", "in-1", "ip_address", size_t{0}, "address"}),
            "resolver_endpoint.in-1.ip_address[0].address");
  EXPECT_EQ(to_text(KeyPath{"hosted_zone", "corp.internal", "file"}),
            "hosted_zone.\"corp.internal\".file");
  EXPECT_EQ(to_text(KeyPath{"vpc", ""}), "vpc.\"\"");
  EXPECT_EQ(to_text(KeyPath{}), "");
}

TEST(Validate, FindsNothingInASoundTopology) {
  expect({{"nothing", [](Topology&) {}, {}}, {"empty", [](Topology& t) { t = {}; }, {}}});
}

TEST(Validate, HoldsIdsToTheirShape) {
  expect({
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
  expect({
      {"id",
       [](Topology& t) {
         t.resolver_endpoints[0].ip_addresses[2].id = t.resolver_endpoints[0].ip_addresses[0].id;
       },
       {"resolver_endpoint.inbound.ip_address[2].id: \"" +
        sound_topology().resolver_endpoints[0].ip_addresses[0].id +
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
  expect({
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
        sound_topology().prefix_lists[0].id + "\"; there is no prefix list at all"}},
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

TEST(Validate, KeepsBlocksInsideTheirVpc) {
  expect({
      {"no block",
       [](Topology& t) {
         t.vpcs[1].cidr_blocks.clear();
         t.subnets.pop_back();
       },
       {"vpc.other.cidr_blocks: a VPC has at least one CIDR block, as in \"10.0.0.0/16\""}},
      {"IPv6 first",
       [](Topology& t) { std::swap(t.vpcs[0].cidr_blocks[0], t.vpcs[0].cidr_blocks[1]); },
       {"vpc.demo.cidr_blocks[0]: the first block of a VPC is an IPv4 block"}},
      {"too large",
       [](Topology& t) { t.vpcs[0].cidr_blocks[0] = cidr("10.0.0.0/8"); },
       {"vpc.demo.cidr_blocks[0]: 10.0.0.0/8 has the wrong size: AWS takes /16 to /28"}},
      {"overlap in the VPC",
       [](Topology& t) { t.vpcs[0].cidr_blocks.push_back(cidr("10.0.16.0/20")); },
       {"vpc.demo.cidr_blocks[2]: 10.0.16.0/20 overlaps 10.0.0.0/16 of the same VPC"}},
      {"outside",
       [](Topology& t) { t.subnets[2].cidr_block = cidr("10.1.0.0/17"); },
       {"subnet.far.cidr_block: 10.1.0.0/17 is outside the blocks of VPC \"other\": 10.0.0.0/16"}},
      {"no IPv6",
       [](Topology& t) { t.subnets[2].ipv6_cidr_block = cidr("2001:db8::/64"); },
       {"subnet.far.ipv6_cidr_block: 2001:db8::/64 is outside the blocks of VPC \"other\": it has "
        "none of this family"}},
      {"wrong key",
       [](Topology& t) { t.subnets[2].cidr_block = cidr("2001:db8::/64"); },
       {"subnet.far.cidr_block: 2001:db8::/64 is an IPv6 block; its key is ipv6_cidr_block"}},
      {"overlap",
       [](Topology& t) {
         Subnet more = t.subnets[0];
         more.name = "more";
         more.id = "subnet-00000000";
         more.cidr_block = cidr("10.0.64.0/20");
         more.ipv6_cidr_block.reset();
         t.subnets.push_back(more);
       },
       {"subnet.more.cidr_block: 10.0.64.0/20 overlaps subnet \"a\" (10.0.0.0/17)"}},
      {"zone",
       [](Topology& t) { t.subnets[1].availability_zone = "eu-west-2b"; },
       {"subnet.b.availability_zone: \"eu-west-2b\" is no Availability Zone of eu-west-1, where "
        "VPC \"demo\" is; did you mean \"eu-west-1b\"?"}},
      {"zone of a longer region",
       [](Topology& t) { t.subnets[1].availability_zone = "eu-west-11b"; },
       {"subnet.b.availability_zone: \"eu-west-11b\" is no Availability Zone of eu-west-1, where "
        "VPC \"demo\" is; did you mean \"eu-west-1b\"?"}},
  });
}

TEST(Validate, ChecksPrefixListsAndRules) {
  expect({
      {"too many",
       [](Topology& t) {
         t.prefix_lists[0].max_entries = 1;
         t.prefix_lists[0].entries.push_back({cidr("192.0.2.0/24"), ""});
       },
       {"prefix_list.on-premises.entries: 2 entries are more than max_entries, 1"}},
      {"family",
       [](Topology& t) {
         t.prefix_lists[0].entries.push_back({cidr("2001:db8::/32"), ""});
       },
       {"prefix_list.on-premises.entries[1].cidr: 2001:db8::/32 is not of the list's "
        "address_family, IPv4"}},
      {"twice",
       [](Topology& t) { t.prefix_lists[0].entries.push_back(t.prefix_lists[0].entries[0]); },
       {"prefix_list.on-premises.entries[1].cidr: 172.31.0.0/16 is in the list already"}},
      {"max_entries",
       [](Topology& t) { t.prefix_lists[0].max_entries = 1001; },
       {"prefix_list.on-premises.max_entries: 1001 is out of range: from 1 to 1000"}},
      {"ports",
       [](Topology& t) { t.security_groups[0].ingress[1].to_port = 52; },
       {"security_group.dns.ingress[1].from_port: the first port, 53, comes after the last, 52"}},
  });
}

TEST(Validate, CountsResolverAddressesAndKeepsThemInTheirSubnet) {
  expect({
      {"one",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses.resize(1); },
       {"resolver_endpoint.inbound.ip_address: a resolver endpoint has 2 to 20 IP addresses "
        "(disabled ones count), this one has 1"}},
      {"a disabled one counts",
       [](Topology& t) {
         t.resolver_endpoints[0].ip_addresses.resize(2);
         t.resolver_endpoints[0].ip_addresses[1].enabled = false;
       },
       {}},
      {"outside",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses[0].address = ip("10.1.0.4"); },
       {"resolver_endpoint.inbound.ip_address[0].address: 10.1.0.4 is outside subnet \"a\" "
        "(10.0.0.0/17), whose addresses go from 10.0.0.4 to 10.0.127.254"}},
      {"in the other subnet",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses[0].address = ip("10.0.128.9"); },
       {"resolver_endpoint.inbound.ip_address[0].address: 10.0.128.9 is outside subnet \"a\" "
        "(10.0.0.0/17), whose addresses go from 10.0.0.4 to 10.0.127.254; it is in subnet \"b\""}},
      {"reserved, low",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses[0].address = ip("10.0.0.3"); },
       {"resolver_endpoint.inbound.ip_address[0].address: 10.0.0.3 is reserved: AWS keeps the "
        "first four addresses of a subnet and the last; the nearest for use is 10.0.0.4"}},
      {"reserved, high",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses[1].address = ip("10.0.255.255"); },
       {"resolver_endpoint.inbound.ip_address[1].address: 10.0.255.255 is reserved: AWS keeps the "
        "first four addresses of a subnet and the last; the nearest for use is 10.0.255.254"}},
      {"IPv6 reserved",
       [](Topology& t) {
         t.resolver_endpoints[0].ip_addresses[2].address =
             ip("2001:db8:1200:1:ffff:ffff:ffff:ffff");
       },
       {"resolver_endpoint.inbound.ip_address[2].address: 2001:db8:1200:1:ffff:ffff:ffff:ffff is "
        "reserved: AWS keeps the first four addresses of a subnet and the last; the nearest for "
        "use is 2001:db8:1200:1:ffff:ffff:ffff:fffe"}},
      {"no IPv6 block",
       [](Topology& t) { t.subnets[1].ipv6_cidr_block.reset(); },
       {"resolver_endpoint.inbound.ip_address[2].address: 2001:db8:1200:1::4 is an IPv6 address, "
        "but subnet \"b\" has no ipv6_cidr_block"}},
      {"another VPC's subnet",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses[0].subnet = t.subnets[2].id; },
       {"resolver_endpoint.inbound.ip_address[0].subnet: subnet \"far\" is not in VPC \"demo\", as "
        "the endpoint is"}},
  });
}

TEST(Validate, ChecksDirectionAndSecurityGroups) {
  expect({
      {"outbound",
       [](Topology& t) {
         t.resolver_endpoints[0].direction = Direction::Outbound;
         t.resolver_endpoints[0].ip_addresses[1].listen = SocketAddress{ip("127.0.0.1"), 5300};
       },
       {"resolver_endpoint.inbound.id: \"rslvr-in-a7dd746257784e148\" is no id of this kind; it is "
        "rslvr-out- and 17 of 0-9a-f",
        "resolver_endpoint.inbound.ip_address[1].listen: an OUTBOUND endpoint serves no client; "
        "`send_from` says which of the machine's addresses its queries are sent from"}},
      {"inbound that sends",
       [](Topology& t) { t.resolver_endpoints[0].ip_addresses[0].send_from = ip("127.0.0.1"); },
       {"resolver_endpoint.inbound.ip_address[0].send_from: only an OUTBOUND endpoint sends "
        "queries"}},
      {"none",
       [](Topology& t) { t.resolver_endpoints[0].security_groups.clear(); },
       {"resolver_endpoint.inbound.security_groups: a resolver endpoint has at least one security "
        "group; without one no client could ask it"}},
      {"another VPC's",
       [](Topology& t) { t.vpc_endpoints[0].security_groups = {t.security_groups[1].id}; },
       {"vpc_endpoint.execute-api.security_groups[0]: security group \"far\" is not in VPC "
        "\"demo\", as the endpoint is"}},
      {"no VPC",
       [](Topology& t) { t.resolver_endpoints[0].vpc.clear(); },
       {"resolver_endpoint.inbound.vpc: no VPC has the name or id \"\"; there are \"demo\" and "
        "\"other\""}},
  });
}

TEST(Validate, ChecksTheProtocolsOfResolverEndpoints) {
  using enum EndpointProtocol;
  const auto listen = SocketAddress::parse("127.0.0.1:5300");
  expect({
      {"all of them",
       [](Topology& t) {
         t.resolver_endpoints[0].protocols = {Do53, DoH, DoT};
       },
       {}},
      {"none",
       [](Topology& t) { t.resolver_endpoints[0].protocols.clear(); },
       {"resolver_endpoint.inbound.protocols: an endpoint has at least one protocol; without the "
        "key it has Do53"}},
      {"one twice",
       [](Topology& t) {
         t.resolver_endpoints[0].protocols = {DoT, Do53, DoT};
       },
       {"resolver_endpoint.inbound.protocols[2]: DoT is there twice"}},
      {"delegation",
       [](Topology& t) {
         t.resolver_endpoints[0].direction = Direction::InboundDelegation;
         t.resolver_endpoints[0].protocols = {Do53, DoH};
       },
       {"resolver_endpoint.inbound.protocols: an INBOUND_DELEGATION endpoint has Do53 alone"}},
      {"a listen of a protocol that it does not have",
       [&](Topology& t) {
         t.resolver_endpoints[0].ip_addresses[1].listen_dot = listen;
         t.resolver_endpoints[0].ip_addresses[1].listen_doh = SocketAddress::parse("127.0.0.1:443");
       },
       {"resolver_endpoint.inbound.ip_address[1].listen_doh: DoH is not among the endpoint's "
        "`protocols`",
        "resolver_endpoint.inbound.ip_address[1].listen_dot: DoT is not among the endpoint's "
        "`protocols`"}},
      {"no Do53, but its listen",
       [&](Topology& t) {
         t.resolver_endpoints[0].protocols = {DoT};
         t.resolver_endpoints[0].ip_addresses[0].listen = listen;
       },
       {"resolver_endpoint.inbound.ip_address[0].listen: Do53 is not among the endpoint's "
        "`protocols`"}},
      {"one listen of two protocols",
       [&](Topology& t) {
         t.resolver_endpoints[0].protocols = {Do53, DoT};
         t.resolver_endpoints[0].ip_addresses[0].listen = listen;
         t.resolver_endpoints[0].ip_addresses[1].listen_dot = listen;
       },
       {"resolver_endpoint.inbound.ip_address[1].listen_dot: 127.0.0.1:5300 serves "
        "resolver_endpoint.inbound.ip_address[0].listen already; give one of them a `listen` of "
        "its own"}},
  });
}

TEST(Validate, FindsAddressesAndListensThatCollide) {
  expect({
      {"address across endpoints of a VPC",
       [](Topology& t) { t.vpc_endpoints[0].network_interfaces[0].address = ip("10.0.0.4"); },
       {"vpc_endpoint.execute-api.network_interface[0].address: 10.0.0.4 is taken in this VPC by "
        "resolver_endpoint.inbound.ip_address[0].address"}},
      {"one listen twice",
       [](Topology& t) {
         t.resolver_endpoints[0].ip_addresses[0].listen = SocketAddress::parse("127.0.0.1:5300");
         t.resolver_endpoints[0].ip_addresses[1].listen = SocketAddress::parse("127.0.0.1:5300");
       },
       {"resolver_endpoint.inbound.ip_address[1].listen: 127.0.0.1:5300 serves "
        "resolver_endpoint.inbound.ip_address[0].listen already; give one of them a `listen` of "
        "its own"}},
      {"one of them disabled",
       [](Topology& t) {
         t.resolver_endpoints[0].ip_addresses[0].listen = SocketAddress::parse("127.0.0.1:5300");
         t.resolver_endpoints[0].ip_addresses[1].listen = SocketAddress::parse("127.0.0.1:5300");
         t.resolver_endpoints[0].ip_addresses[0].enabled = false;
       },
       {}},
      {"a listen on another's own address",
       [](Topology& t) {
         t.resolver_endpoints[0].ip_addresses[1].listen = SocketAddress::parse("10.0.0.4:53");
       },
       {"resolver_endpoint.inbound.ip_address[1].listen: 10.0.0.4:53 serves "
        "resolver_endpoint.inbound.ip_address[0].address already; give one of them a `listen` of "
        "its own"}},
      {"one address in two VPCs, served by itself",
       [](Topology& t) {
         ResolverEndpoint far = t.resolver_endpoints[0];
         far.name = "far";
         far.id = "rslvr-in-00000000000000000";
         far.vpc = t.vpcs[1].id;
         far.security_groups = {t.security_groups[1].id};
         far.ip_addresses.resize(2);
         far.ip_addresses[0] = {
             "rni-00000000000000001", t.subnets[2].id, ip("10.0.0.4"), {}, {}, true};
         far.ip_addresses[1] = {
             "rni-00000000000000002", t.subnets[2].id, ip("10.0.0.5"), {}, {}, true};
         t.resolver_endpoints.push_back(far);
       },
       {"resolver_endpoint.far.ip_address[0].address: 10.0.0.4:53 serves "
        "resolver_endpoint.inbound.ip_address[0].address already; give one of them a `listen` of "
        "its own"}},
      {"two interfaces at one listen",
       [](Topology& t) {
         for (NetworkInterface& each : t.vpc_endpoints[0].network_interfaces) {
           each.listen = SocketAddress::parse("[::1]:8443");
         }
       },
       {"vpc_endpoint.execute-api.network_interface[1].listen: [::1]:8443 serves "
        "vpc_endpoint.execute-api.network_interface[0].listen already; give one of them a `listen` "
        "of its own"}},
  });
}

TEST(Validate, ChecksServiceAndPrivateDns) {
  expect({
      {"shape",
       [](Topology& t) { t.vpc_endpoints[0].service_name = "execute-api"; },
       {"vpc_endpoint.execute-api.service_name: \"execute-api\" is no service name; one looks like "
        "\"com.amazonaws.eu-west-1.execute-api\""}},
      {"region",
       [](Topology& t) { t.vpc_endpoints[0].service_name = "com.amazonaws.eu-west-2.execute-api"; },
       {"vpc_endpoint.execute-api.service_name: the service is in eu-west-2, but VPC \"demo\" in "
        "eu-west-1; did you mean \"com.amazonaws.eu-west-1.execute-api\"?",
        "rest_api.hello.vpc_endpoints[0]: VPC endpoint \"execute-api\" is in eu-west-2, but the "
        "REST API in eu-west-1"}},
      {"attributes",
       [](Topology& t) { t.vpcs[0].enable_dns_hostnames = false; },
       {"vpc_endpoint.execute-api.private_dns: private DNS needs a VPC with enable_dns_support and "
        "enable_dns_hostnames; VPC \"demo\" has not both",
        "hosted_zone.corp.vpcs[0]: a private hosted zone needs a VPC with enable_dns_support and "
        "enable_dns_hostnames; VPC \"demo\" has not both"}},
      {"two with private DNS",
       [](Topology& t) {
         VpcEndpoint second = t.vpc_endpoints[0];
         second.name = "second";
         second.id = "vpce-00000000";
         second.private_dns = PrivateDns::Listed;
         second.network_interfaces = {{"eni-00000000", t.subnets[0].id, ip("10.0.0.9"), {}, {}}};
         t.vpc_endpoints.push_back(second);
       },
       {"vpc_endpoint.second.private_dns: VPC endpoint \"execute-api\" has private DNS for "
        "execute-api.eu-west-1.amazonaws.com in this VPC already; AWS allows one"}},
      {"a second without",
       [](Topology& t) {
         VpcEndpoint second = t.vpc_endpoints[0];
         second.name = "second";
         second.id = "vpce-00000000";
         second.private_dns = PrivateDns::Disabled;
         second.network_interfaces = {{"eni-00000000", t.subnets[0].id, ip("10.0.0.9"), {}, {}}};
         t.vpc_endpoints.push_back(second);
       },
       {}},
      {"listed",
       [](Topology& t) {
         t.rest_apis.clear();
         t.vpc_endpoints[0].service_name = "com.amazonaws.eu-west-1.ecr.api";
         t.vpc_endpoints[0].private_dns = PrivateDns::Listed;
       },
       {"vpc_endpoint.execute-api.private_dns: \"listed\" goes by the REST APIs of this file, so "
        "it "
        "is for execute-api endpoints; use \"enabled\""}},
  });
}

TEST(Validate, WantsAnAddressForEachRecordType) {
  expect({
      {"no interface",
       [](Topology& t) { t.vpc_endpoints[0].network_interfaces.clear(); },
       {"vpc_endpoint.execute-api.network_interface: an interface endpoint has at least one "
        "network interface"}},
      {"no address",
       [](Topology& t) { t.vpc_endpoints[0].network_interfaces[0].address.reset(); },
       {"vpc_endpoint.execute-api.network_interface[0]: the interface has neither address nor "
        "ipv6_address"}},
      {"dualstack",
       [](Topology& t) {
         t.vpc_endpoints[0].dns_record_ip_type = DnsRecordIpType::Dualstack;
         t.vpc_endpoints[0].network_interfaces[1].ipv6_address = ip("2001:db8:1200:1::9");
       },
       {"vpc_endpoint.execute-api.network_interface[0]: the interface has no ipv6_address, which "
        "the AAAA records of this dns_record_ip_type need; \"ipv4\" does without"}},
      {"service-defined",
       [](Topology& t) {
         t.vpc_endpoints[0].dns_record_ip_type = DnsRecordIpType::ServiceDefined;
         t.vpc_endpoints[0].network_interfaces[1].address.reset();
         t.vpc_endpoints[0].network_interfaces[1].ipv6_address = ip("2001:db8:1200:1::9");
       },
       {"vpc_endpoint.execute-api.network_interface[1]: the interface has no address, which the A "
        "records of this dns_record_ip_type need; \"ipv6\" does without"}},
      {"ipv6 alone",
       [](Topology& t) {
         t.vpc_endpoints[0].dns_record_ip_type = DnsRecordIpType::Ipv6;
         t.vpc_endpoints[0].network_interfaces.resize(1);
         t.vpc_endpoints[0].network_interfaces[0].address.reset();
         t.vpc_endpoints[0].network_interfaces[0].ipv6_address = ip("2001:db8:1200::9");
       },
       {}},
      {"wrong key",
       [](Topology& t) {
         t.vpc_endpoints[0].network_interfaces[0].address = ip("2001:db8:1200::9");
       },
       {"vpc_endpoint.execute-api.network_interface[0].address: 2001:db8:1200::9 is an IPv6 "
        "address; its key is ipv6_address"}},
      {"one zone twice",
       [](Topology& t) { t.subnets[1].availability_zone = "eu-west-1a"; },
       {"vpc_endpoint.execute-api.network_interface[1].subnet: network_interface[0] is in "
        "eu-west-1a already; an endpoint has one interface in each Availability Zone"}},
  });
}

TEST(Validate, ChecksRestApisAndHostedZones) {
  expect({
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
    Topology topology = sound_topology();
    topology.hosted_zones[0].domain_name = name.text;
    EXPECT_EQ(validate(topology).empty(), name.good) << name.text;
  }
}

}  // namespace
}  // namespace inlet53::topology
