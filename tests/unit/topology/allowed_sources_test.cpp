// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/allowed_sources.h"

#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

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

bool admits(const Topology& topology, IpProtocol protocol, std::string_view source) {
  return allowed_sources(topology, {"sg-1"}, protocol, 53).contains(ip(source));
}

TEST(ClientPolicy, AdmitsWhatARuleNames) {
  const auto topology = with_rules({from_list(IpProtocol::Udp, 53, 53, "pl-1")});
  EXPECT_TRUE(admits(topology, IpProtocol::Udp, "172.31.6.137"));
  EXPECT_TRUE(admits(topology, IpProtocol::Udp, "127.0.0.1"));
  EXPECT_FALSE(admits(topology, IpProtocol::Udp, "127.9.9.9"));
  EXPECT_FALSE(admits(topology, IpProtocol::Udp, "::1"));
  EXPECT_FALSE(admits(topology, IpProtocol::Tcp, "127.0.0.1"));
}

TEST(ClientPolicy, LooksAtProtocolAndPortRange) {
  EXPECT_TRUE(admits(with_rules({from_list(IpProtocol::Tcp, 50, 60, "pl-1")}), IpProtocol::Tcp,
                     "127.0.0.1"));
  EXPECT_FALSE(admits(with_rules({from_list(IpProtocol::Tcp, 443, 443, "pl-1")}), IpProtocol::Tcp,
                      "127.0.0.1"));
  EXPECT_TRUE(
      admits(with_rules({from_list(IpProtocol::All, 0, 0, "pl-1")}), IpProtocol::Tcp, "127.0.0.1"));
  EXPECT_TRUE(admits(with_rules({{IpProtocol::Udp, 53, 53, *Cidr::parse("::/0"), ""}}),
                     IpProtocol::Udp, "::1"));
}

TEST(ClientPolicy, AdmitsNobodyWithoutARule) {
  EXPECT_FALSE(admits(with_rules({}), IpProtocol::Udp, "127.0.0.1"));
  // A prefix list without entries allows no source (VPC User Guide, "Reference prefix lists").
  EXPECT_FALSE(admits(with_rules({from_list(IpProtocol::Udp, 53, 53, "pl-2")}), IpProtocol::Udp,
                      "127.0.0.1"));
  EXPECT_TRUE(allowed_sources(with_rules({}), {}, IpProtocol::Udp, 53).empty());
}

TEST(ClientPolicy, JoinsSeveralGroups) {
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
