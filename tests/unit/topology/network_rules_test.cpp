// SPDX-License-Identifier: Apache-2.0
#include "valid_topology.h"
#include <gtest/gtest.h>

#include "inlet53/topology/endpoint_access.h"

namespace inlet53::topology {
namespace {

Cidr cidr(std::string_view text) { return Cidr::parse(text).value(); }
IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(Validate, KeepsBlocksInsideTheirVpc) {
  expect_problems({
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
  expect_problems({
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

TEST(Validate, FindsAddressesAndListensThatCollide) {
  expect_problems({
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

Topology with_instances() {
  Topology t = valid_topology();
  t.instances = {{"web", "i-0a1b2c3d4e5f60718", t.subnets[0].id, ip("10.0.30.10"),
                  ip("2001:db8:1200::30"), ip("203.0.113.25")},
                 {"db", "i-12345678", t.subnets[1].id, ip("10.0.130.10"), {}, {}}};
  return t;
}

TEST(InstanceRules, AcceptValidInstances) {
  EXPECT_EQ(problems_of(with_instances(), [](Topology&) {}), Problems());
}

TEST(InstanceRules, HoldAddressesToTheirFamilyAndSubnet) {
  EXPECT_EQ(problems_of(with_instances(),
                        [](Topology& t) {
                          t.instances[0].address = ip("2001:db8:1200::31");
                          t.instances[0].ipv6_address = ip("10.0.30.11");
                          t.instances[0].public_address = ip("2001:db8::1");
                        }),
            Problems({"instance.web.address: 2001:db8:1200::31 is no IPv4 address",
                      "instance.web.ipv6_address: 10.0.30.11 is no IPv6 address",
                      "instance.web.public_address: 2001:db8::1 is no IPv4 address"}));
  EXPECT_EQ(
      problems_of(with_instances(), [](Topology& t) { t.instances[1].address = ip("10.0.30.11"); }),
      Problems({"instance.db.address: 10.0.30.11 is outside subnet \"b\" (10.0.128.0/17), "
                "whose addresses go from 10.0.128.4 to 10.0.255.254; it is in subnet \"a\""}));
}

TEST(InstanceRules, GiveEachAddressToOne) {
  EXPECT_EQ(
      problems_of(with_instances(),
                  [](Topology& t) {
                    t.instances[1].address = ip("10.0.140.226");
                    t.instances[1].public_address = ip("203.0.113.25");
                  }),
      Problems({"instance.db.public_address: 203.0.113.25 is that of instance \"web\" already",
                "instance.db.address: 10.0.140.226 is taken in this VPC by "
                "vpc_endpoint.execute-api.network_interface[1].address"}));
}

TEST(InstanceRules, HoldReferencesAndIdsToTheirShape) {
  EXPECT_EQ(problems_of(with_instances(),
                        [](Topology& t) {
                          t.instances[0].subnet = "far-away";
                          t.instances[1].id = "i-1";
                        }),
            Problems({"instance.db.id: \"i-1\" is no id of this kind; it is i- and 17 (or 8) of "
                      "0-9a-f",
                      "instance.web.subnet: no subnet has the name or id \"far-away\"; there are "
                      "\"a\", \"b\" and \"far\""}));
}

TEST(InstanceRules, KeepRegionsShortEnoughForNames) {
  EXPECT_EQ(problems_of(with_instances(),
                        [](Topology& t) {
                          const Vpc vpc = t.vpcs[1];
                          t = {};
                          t.vpcs = {vpc};
                          t.vpcs[0].region = std::string(40, 'a') + "-1";
                        }),
            Problems({"vpc.other.region: \"" + std::string(40, 'a') +
                      "-1\" is no region; one looks like \"eu-west-1\""}));
}

Topology with_rules(std::vector<SecurityGroupRule> rules) {
  Topology out;
  out.prefix_lists.push_back(
      {"onprem",
       "pl-1",
       IpFamily::V4,
       10,
       {{*Cidr::parse("172.31.0.0/16"), ""}, {*Cidr::parse("127.0.0.0/16"), ""}}});
  out.prefix_lists.push_back({"none", "pl-2", IpFamily::V4, 10, {}});
  out.security_groups.push_back({"sg", "sg-1", "vpc-1", std::move(rules)});
  return out;
}

SecurityGroupRule from_list(IpProtocol protocol, uint16_t from, uint16_t to, std::string list) {
  return {protocol, from, to, std::move(list), ""};
}

bool allows(const Topology& topology, IpProtocol protocol, std::string_view source) {
  return allowed_sources(topology, {"sg-1"}, protocol, 53).contains(ip(source));
}

TEST(AllowedSources, AreThoseOfTheRules) {
  const auto topology = with_rules({from_list(IpProtocol::Udp, 53, 53, "pl-1")});
  EXPECT_TRUE(allows(topology, IpProtocol::Udp, "172.31.6.137"));
  EXPECT_TRUE(allows(topology, IpProtocol::Udp, "127.0.0.1"));
  EXPECT_FALSE(allows(topology, IpProtocol::Udp, "127.9.9.9"));
  EXPECT_FALSE(allows(topology, IpProtocol::Udp, "::1"));
  EXPECT_FALSE(allows(topology, IpProtocol::Tcp, "127.0.0.1"));
}

TEST(AllowedSources, DependOnProtocolAndPort) {
  EXPECT_TRUE(allows(with_rules({from_list(IpProtocol::Tcp, 50, 60, "pl-1")}), IpProtocol::Tcp,
                     "127.0.0.1"));
  EXPECT_FALSE(allows(with_rules({from_list(IpProtocol::Tcp, 443, 443, "pl-1")}), IpProtocol::Tcp,
                      "127.0.0.1"));
  EXPECT_TRUE(
      allows(with_rules({from_list(IpProtocol::All, 0, 0, "pl-1")}), IpProtocol::Tcp, "127.0.0.1"));
  EXPECT_TRUE(allows(with_rules({{IpProtocol::Udp, 53, 53, *Cidr::parse("::/0"), ""}}),
                     IpProtocol::Udp, "::1"));
}

TEST(AllowedSources, AreNoneWithoutARule) {
  EXPECT_FALSE(allows(with_rules({}), IpProtocol::Udp, "127.0.0.1"));
  // A prefix list without entries allows no source (VPC User Guide, "Reference prefix lists").
  EXPECT_FALSE(allows(with_rules({from_list(IpProtocol::Udp, 53, 53, "pl-2")}), IpProtocol::Udp,
                      "127.0.0.1"));
  EXPECT_TRUE(allowed_sources(with_rules({}), {}, IpProtocol::Udp, 53).empty());
}

TEST(AllowedSources, AreThoseOfAllGroups) {
  auto topology = with_rules({{IpProtocol::Udp, 53, 53, *Cidr::parse("10.0.0.0/8"), ""}});
  topology.security_groups.push_back(
      {"other", "sg-2", "vpc-1", {{IpProtocol::Udp, 53, 53, *Cidr::parse("192.168.0.0/16"), ""}}});
  const CidrSet set = allowed_sources(topology, {"sg-1", "sg-2"}, IpProtocol::Udp, 53);
  EXPECT_TRUE(set.contains(ip("10.1.1.1")));
  EXPECT_TRUE(set.contains(ip("192.168.1.1")));
  EXPECT_FALSE(set.contains(ip("11.1.1.1")));
}

}  // namespace
}  // namespace inlet53::topology
