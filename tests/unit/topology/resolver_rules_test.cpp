// SPDX-License-Identifier: Apache-2.0
#include "valid_topology.h"
#include <gtest/gtest.h>

#include "inlet53/topology/endpoint_access.h"
#include "inlet53/topology/validate.h"

namespace inlet53::topology {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

struct Case {
  const char* what;
  std::function<void(Topology&, ResolverRule& forward, ResolverRule& system)> breakage;
  std::vector<std::string> problems;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    const auto change = [&](Topology& t) {
      each.breakage(t, t.resolver_rules[0], t.resolver_rules[1]);
    };
    EXPECT_EQ(problems_of(valid_topology(), change), each.problems);
  }
}

TEST(ResolverRules, TakeTheRootAndNamesInAnyForm) {
  for (const char* name : {".", "com", "com.", "_tcp.Example.COM", "10.in-addr.arpa"}) {
    Topology topology = valid_topology();
    topology.resolver_rules[0].domain_name = name;
    EXPECT_TRUE(validate(topology).empty()) << name;
  }
}

TEST(ResolverRules, AreNamedOnceInAVpc) {
  expect({
      {"no name",
       [](Topology&, ResolverRule& forward, ResolverRule&) { forward.domain_name = "a..b"; },
       {"resolver_rule.corp.domain_name: \"a..b\" is no domain name of a rule: labels of 1 to 63 "
        "letters, digits, - and _ with dots between, as in \"corp.example.com\", or \".\" for all "
        "names"}},
      {"the same name",
       [](Topology&, ResolverRule&, ResolverRule& system) {
         system.domain_name = "CORP.example.com";
       },
       {"resolver_rule.aws.vpcs[0]: resolver rule \"corp\" has the same domain_name in VPC "
        "\"demo\""}},
      {"the id",
       [](Topology&, ResolverRule&, ResolverRule& system) { system.id = "rslvr-rr-1"; },
       {"resolver_rule.aws.id: \"rslvr-rr-1\" is no id of this kind; it is rslvr-rr- and 17 of "
        "0-9a-f"}},
      {"no VPC",
       [](Topology&, ResolverRule& forward, ResolverRule&) { forward.vpcs.clear(); },
       {"resolver_rule.corp.vpcs: a resolver rule is associated with at least one VPC"}},
  });
}

TEST(ResolverRules, ForwardByAnOutboundEndpoint) {
  expect({
      {"none",
       [](Topology&, ResolverRule& forward, ResolverRule&) { forward.resolver_endpoint.clear(); },
       {"resolver_rule.corp.resolver_endpoint: a FORWARD rule has an outbound endpoint that its "
        "queries leave by"}},
      {"an inbound one",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         forward.resolver_endpoint = t.resolver_endpoints[0].id;
       },
       {"resolver_rule.corp.resolver_endpoint: resolver endpoint \"inbound\" is not OUTBOUND"}},
      {"a system rule's",
       [](Topology& t, ResolverRule& forward, ResolverRule& system) {
         system.resolver_endpoint = t.resolver_endpoints[1].id;
         system.target_ips = forward.target_ips;
       },
       {"resolver_rule.aws.target_ips: a SYSTEM rule forwards nothing",
        "resolver_rule.aws.resolver_endpoint: a SYSTEM rule forwards nothing"}},
  });
}

TEST(ResolverRules, HaveTargetsThatCanBeReached) {
  expect({
      {"none",
       [](Topology&, ResolverRule& forward, ResolverRule&) { forward.target_ips.clear(); },
       {"resolver_rule.corp.target_ips: a FORWARD rule has 1 to 6 targets, this one has 0"}},
      {"twice",
       [](Topology&, ResolverRule& forward, ResolverRule&) {
         forward.target_ips[1].address = forward.target_ips[0].address;
       },
       {"resolver_rule.corp.target_ips[1].address: this target is in the list already"}},
      {"a name without TLS",
       [](Topology&, ResolverRule& forward, ResolverRule&) {
         forward.target_ips[1].protocol = TargetProtocol::Do53;
       },
       {"resolver_rule.corp.target_ips[1].server_name_indication: only a target of protocol DoT "
        "has one"}},
      {"the other family",
       [](Topology&, ResolverRule& forward, ResolverRule&) {
         forward.target_ips[0].address.address = ip("2001:db8::53");
       },
       {"resolver_rule.corp.target_ips[0].address: no enabled address of outbound endpoint "
        "\"outbound\" sends to IPv6"}},
  });
}

TEST(ResolverRules, DoNotLeadBack) {
  const std::vector<std::string> loop{
      "resolver_rule.corp.target_ips[0].address: 10.0.0.4:53 is resolver endpoint \"inbound\" of a "
      "VPC that this rule applies to: its queries would go in a loop"};
  expect({
      {"an endpoint's address",
       [](Topology&, ResolverRule& forward, ResolverRule&) {
         forward.target_ips[0].address = {ip("10.0.0.4"), 53};
       },
       loop},
      {"where it is served",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         t.resolver_endpoints[0].ip_addresses[1].listen = SocketAddress{ip("127.0.0.1"), 5300};
         forward.target_ips[0].address = {ip("127.0.0.1"), 5300};
       },
       {"resolver_rule.corp.target_ips[0].address: 127.0.0.1:5300 is resolver endpoint "
        "\"inbound\" of a VPC that this rule applies to: its queries would go in a loop"}},
      {"the address of an endpoint that is served elsewhere",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         t.resolver_endpoints[0].ip_addresses[0].listen = SocketAddress{ip("127.0.0.1"), 5300};
         forward.target_ips[0].address = {ip("10.0.0.4"), 53};
       },
       loop},
      {"another VPC's",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         forward.target_ips[0].address = {ip("10.0.0.4"), 53};
         forward.vpcs = {t.vpcs[1].id};
       },
       {}},
  });
}

/// Adds an inbound endpoint in the other VPC, served at 127.0.0.1:5301 and [::1]:8531.
void add_hub(Topology& t) {
  ResolverEndpoint hub = t.resolver_endpoints[0];
  hub.name = "hub";
  hub.id = "rslvr-in-00000000000000001";
  hub.vpc = t.vpcs[1].id;
  hub.security_groups = {t.security_groups[1].id};
  hub.protocols = {EndpointProtocol::Do53, EndpointProtocol::DoT};
  hub.ip_addresses.resize(2);
  for (ResolverEndpointIp& each : hub.ip_addresses) each.subnet = t.subnets[2].id;
  hub.ip_addresses[0].id = "rni-00000000000000001";
  hub.ip_addresses[1].id = "rni-00000000000000002";
  hub.ip_addresses[0].address = ip("10.0.99.4");
  hub.ip_addresses[1].address = ip("10.0.99.5");
  hub.ip_addresses[1].enabled = false;
  hub.ip_addresses[0].listen = SocketAddress{ip("127.0.0.1"), 5301};
  hub.ip_addresses[0].listen_dot = SocketAddress{ip("::1"), 8531};
  t.resolver_endpoints.push_back(hub);
}

std::string reached(const Topology& t, IpAddress address, uint16_t port,
                    TargetProtocol protocol = TargetProtocol::Do53) {
  return reached_address(t, t.resolver_rules[0], {{address, port}, protocol, ""}).to_text();
}

TEST(RuleTargets, ThatAreEndpointsAreReachedWhereTheseAreServed) {
  Topology t = valid_topology();
  add_hub(t);
  EXPECT_EQ(reached(t, ip("10.0.99.4"), 53), "127.0.0.1:5301");
  EXPECT_EQ(reached(t, ip("10.0.99.4"), 853, TargetProtocol::DoT), "[::1]:8531");
  EXPECT_EQ(reached(t, ip("127.0.0.1"), 5301), "127.0.0.1:5301");
  // Other ports and other addresses are other servers.
  EXPECT_EQ(reached(t, ip("10.0.99.4"), 5353), "10.0.99.4:5353");
  EXPECT_EQ(reached(t, ip("10.0.99.4"), 53, TargetProtocol::DoT), "10.0.99.4:53");
  EXPECT_EQ(reached(t, ip("10.0.99.6"), 53), "10.0.99.6:53");
  t.resolver_endpoints.back().ip_addresses[1].listen = SocketAddress{ip("127.0.0.1"), 5302};
  EXPECT_EQ(reached(t, ip("10.0.99.5"), 53), "10.0.99.5:53") << "a disabled address is not served";
  EXPECT_EQ(reached(t, ip("10.0.0.5"), 53), "10.0.0.5:53") << "an outbound endpoint's";
  SocketAddress& listen = *t.resolver_endpoints.back().ip_addresses[0].listen;
  listen.address = ip("0.0.0.0");
  EXPECT_EQ(reached(t, ip("10.0.99.4"), 53), "127.0.0.1:5301");
  listen.address = ip("::");
  EXPECT_EQ(reached(t, ip("10.0.99.4"), 53), "[::1]:5301");
  t.resolver_endpoints.back().ip_addresses[0].listen.reset();
  EXPECT_EQ(reached(t, ip("10.0.99.4"), 53), "10.0.99.4:53");
}

// VPCs may have the same blocks. The outbound endpoint's own VPC takes precedence.
TEST(RuleTargets, AreEndpointsOfTheNearestVpc) {
  Topology t = valid_topology();
  add_hub(t);
  t.resolver_endpoints.back().ip_addresses[0].address = ip("10.0.0.4");
  t.resolver_endpoints[0].ip_addresses[0].listen = SocketAddress{ip("127.0.0.1"), 5300};
  EXPECT_EQ(reached(t, ip("10.0.0.4"), 53), "127.0.0.1:5300");
  t.resolver_endpoints[1].vpc = t.vpcs[1].id;
  EXPECT_EQ(reached(t, ip("10.0.0.4"), 53), "127.0.0.1:5301");
}

TEST(ResolverRules, ReachOneEndpointByItsProtocolAndFamily) {
  expect({
      {"a hub",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         add_hub(t);
         forward.target_ips[0].address = {ip("10.0.99.4"), 53};
       },
       {}},
      {"the port of another protocol of a hub",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         add_hub(t);
         t.resolver_endpoints.back().ip_addresses[0].listen_dot =
             SocketAddress{ip("127.0.0.1"), 8531};
         forward.target_ips[0].address = {ip("127.0.0.1"), 8531};
       },
       {"resolver_rule.corp.target_ips[0].address: resolver endpoint \"hub\" serves DoT at "
        "127.0.0.1:8531, not Do53"}},
      {"a hub twice",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         add_hub(t);
         forward.target_ips[0].address = {ip("10.0.99.4"), 53};
         forward.target_ips[1] = {{ip("127.0.0.1"), 5301}, TargetProtocol::Do53, ""};
       },
       {"resolver_rule.corp.target_ips[1].address: this target is in the list already"}},
      {"a protocol that the hub does not have",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         add_hub(t);
         t.resolver_endpoints.back().protocols = {EndpointProtocol::Do53};
         t.resolver_endpoints.back().ip_addresses[0].listen_dot.reset();
         forward.target_ips[1].address = {ip("10.0.99.4"), 853};
       },
       {"resolver_rule.corp.target_ips[1].protocol: resolver endpoint \"hub\" does not have "
        "protocol DoT"}},
      {"a hub that is served by the other family",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         add_hub(t);
         forward.target_ips[1].address = {ip("10.0.99.4"), 853};
       },
       {"resolver_rule.corp.target_ips[1].address: no enabled address of outbound endpoint "
        "\"outbound\" sends to IPv6"}},
      {"an address of two VPCs",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         add_hub(t);
         Vpc third = t.vpcs[1];
         third.name = "third";
         third.id = "vpc-00000001";
         Subnet subnet = t.subnets[2];
         subnet.name = "third";
         subnet.id = "subnet-00000001";
         subnet.vpc = third.id;
         ResolverEndpoint second = t.resolver_endpoints.back();
         second.name = "second";
         second.id = "rslvr-in-00000000000000002";
         second.vpc = third.id;
         SecurityGroup group = t.security_groups[1];
         group.name = "third";
         group.id = "sg-00000001";
         group.vpc = third.id;
         second.security_groups = {group.id};
         second.protocols = {EndpointProtocol::Do53};
         second.ip_addresses[0].id = "rni-00000000000000003";
         second.ip_addresses[1].id = "rni-00000000000000004";
         for (ResolverEndpointIp& each : second.ip_addresses) each.subnet = subnet.id;
         second.ip_addresses[0].listen = SocketAddress{ip("127.0.0.1"), 5302};
         second.ip_addresses[0].listen_dot.reset();
         t.vpcs.push_back(third);
         t.subnets.push_back(subnet);
         t.security_groups.push_back(group);
         t.resolver_endpoints.push_back(second);
         forward.target_ips[0].address = {ip("10.0.99.4"), 53};
       },
       {"resolver_rule.corp.target_ips[0].address: 10.0.99.4:53 is resolver endpoint \"hub\" in "
        "its VPC, and \"second\" in another; write the `listen` of the one that is meant"}},
  });
}

TEST(Warnings, NameEndpointsThatDoNotLetARuleIn) {
  Topology t = valid_topology();
  add_hub(t);
  t.resolver_rules[0].target_ips[0].address = {ip("10.0.99.4"), 53};
  const auto texts = [&] {
    std::string out;
    for (const Problem& problem : warnings(t))
      out += to_text(problem.path) + ": " + problem.message;
    return out;
  };
  const std::string before =
      "resolver_rule.corp.target_ips[0].address: the security groups of resolver endpoint \"hub\" "
      "do not let in ";
  const std::string after = ", from which outbound endpoint \"outbound\" sends on this machine";
  EXPECT_EQ(texts(), before + "127.0.0.1" + after);
  SecurityGroup& far = t.security_groups[1];
  far.ingress = {{IpProtocol::Udp, 53, 53, Cidr::parse("127.0.0.1/32").value(), ""}};
  EXPECT_EQ(texts(), before + "127.0.0.2" + after);
  for (ResolverEndpointIp& each : t.resolver_endpoints[1].ip_addresses) each.send_from.reset();
  EXPECT_EQ(texts(), "");
  t.resolver_endpoints.back().ip_addresses[0].listen->address = ip("192.0.2.7");
  EXPECT_EQ(texts(), before + "192.0.2.7" + after);
}

}  // namespace
}  // namespace inlet53::topology
