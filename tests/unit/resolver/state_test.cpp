// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/state.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "inlet53/dns/rdata_text.h"
#include "inlet53/resolver/decision.h"

namespace inlet53::resolver {
namespace {

constexpr zone::HashSeed kSeed = 53;

class State : public ::testing::Test {
 protected:
  State() {
    char name[] = "/tmp/inlet53-state-XXXXXX";
    folder = mkdtemp(name);
    for (const char* vpc : {"one", "two"}) {
      t.vpcs.emplace_back();
      t.vpcs.back().id = t.vpcs.back().name = vpc;
      t.vpcs.back().region = "eu-west-1";
      t.vpcs.back().cidr_blocks = {Cidr::parse("10.0.0.0/24").value()};
    }
    add_endpoint("one", topology::Direction::Inbound, 5301);
    add_endpoint("two", topology::Direction::Inbound, 5302);
    add_endpoint("one", topology::Direction::InboundDelegation, 5303);
  }
  ~State() override { std::filesystem::remove_all(folder); }

  void add_endpoint(const char* vpc, topology::Direction direction, uint16_t port) {
    topology::ResolverEndpoint endpoint;
    endpoint.direction = direction;
    endpoint.vpc = vpc;
    endpoint.ip_addresses.emplace_back();
    endpoint.ip_addresses[0].listen = SocketAddress{*IpAddress::parse("127.0.0.1"), port};
    t.resolver_endpoints.push_back(endpoint);
  }

  void add_zone(const char* apex, std::vector<std::string> vpcs, const std::string& records) {
    const std::string file = folder / ("zone-" + std::to_string(t.hosted_zones.size()));
    std::ofstream(file) << "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n" << records << '\n';
    t.hosted_zones.push_back({apex, "Z1", apex, file, std::move(vpcs)});
  }

  /// Adds a FORWARD rule of the VPC `one` to a target at `port`.
  topology::ResolverRule& add_rule(const char* id, const char* domain, uint16_t port) {
    if (t.resolver_endpoints.back().direction != topology::Direction::Outbound) {
      add_endpoint("one", topology::Direction::Outbound, 1);
      t.resolver_endpoints.back().id = t.resolver_endpoints.back().name = "out";
    }
    topology::ResolverRule rule;
    rule.id = rule.name = id;
    rule.domain_name = domain;
    rule.resolver_endpoint = "out";
    rule.vpcs = {"one"};
    rule.target_ips.emplace_back();
    rule.target_ips[0].address = {*IpAddress::parse("192.0.2.1"), port};
    t.resolver_rules.push_back(rule);
    return t.resolver_rules.back();
  }
  /// Builds the next state; returns the scopes of its rules.
  std::vector<uint32_t> scopes() {
    auto built = build_state(t, kSeed, state.get());
    EXPECT_TRUE(built);
    state = *built;
    std::vector<uint32_t> out;
    for (const ForwardRule& rule : state->forward_rules) out.push_back(rule.scope);
    return out;
  }

  void build(UncoveredNames uncovered = UncoveredNames::Refused) {
    const auto built = build_state(t, kSeed, nullptr, uncovered);
    ASSERT_TRUE(built) << built.error().front().to_text();
    state = *built;
  }

  /// Returns the response of the endpoint at `port`: `NOERROR 10.0.0.1`, the first answer's RDATA
  /// only.
  std::string ask(uint16_t port, std::string_view qname, uint16_t qtype = 1) {
    const auto* address = state->find({*IpAddress::parse("127.0.0.1"), port});
    const dns::Name name = *dns::Name::parse_text(qname);
    dns::QueryView query;
    query.qname = name.view();
    query.qtype = qtype;
    query.qclass = 1;
    qname_key.assign(query.qname, kSeed);
    decision = decide({qname_key, query.qname, query.qtype, query.qclass}, {*address}, room);
    std::string out(dns::rcode_text(decision.rcode));
    if (decision.answers().size() == 0) return out;
    const dns::RRsetView& rrset = decision.answers()[0].wire;
    const Bytes rdata = rrset.records.subspan(dns::PreparedRecord::kHead);
    std::string text(dns::max_rdata_text(rdata.size()), '\0');
    text.resize(dns::write_rdata_text(rrset.type, rdata, text.data(), text.size()));
    return out + ' ' + text;
  }

  std::filesystem::path folder;
  topology::Topology t;
  std::shared_ptr<const ResolverState> state;
  zone::NameKey qname_key;
  Workspace room;
  Decision decision{room};
};

TEST_F(State, EachVpcHasItsOwnZoneOfOneName) {
  add_zone("corp.internal", {"one"}, "www A 10.1.0.1\nonly-one A 10.1.0.2");
  add_zone("corp.internal", {"two"}, "www A 10.2.0.1");
  add_zone("shared.internal", {"one", "two"}, "www A 10.3.0.1");
  build();
  EXPECT_EQ(ask(5301, "www.corp.internal."), "NOERROR 10.1.0.1");
  EXPECT_EQ(ask(5302, "www.corp.internal."), "NOERROR 10.2.0.1");
  EXPECT_EQ(ask(5303, "www.corp.internal."), "NOERROR 10.1.0.1");
  EXPECT_EQ(ask(5302, "only-one.corp.internal."), "NXDOMAIN");
  EXPECT_EQ(ask(5301, "www.shared.internal."), "NOERROR 10.3.0.1");
  EXPECT_EQ(ask(5302, "www.shared.internal."), "NOERROR 10.3.0.1");
}

TEST_F(State, HasAnAddressForEachProtocolWithItsOwnSources) {
  using enum topology::EndpointProtocol;
  const IpAddress local = *IpAddress::parse("127.0.0.1");
  const auto from = [](const char* block, uint16_t port,
                       topology::IpProtocol protocol = topology::IpProtocol::Tcp) {
    topology::SecurityGroupRule rule;
    rule.protocol = protocol;
    rule.from_port = rule.to_port = port;
    rule.source = *Cidr::parse(block);
    return rule;
  };
  t.security_groups.emplace_back();
  t.security_groups[0].id = "sg-1";
  t.security_groups[0].ingress = {from("10.0.53.0/24", 53),
                                  from("10.0.53.0/24", 53, topology::IpProtocol::Udp),
                                  from("10.0.1.0/24", 443), from("10.0.2.0/24", 853)};
  topology::ResolverEndpoint& endpoint = t.resolver_endpoints[0];
  endpoint.id = "rslvr-in-1";
  endpoint.security_groups = {"sg-1"};
  endpoint.protocols = {Do53, DoT, DoH};
  endpoint.ip_addresses[0].address = *IpAddress::parse("10.0.0.9");
  endpoint.ip_addresses[0].listen_dot = SocketAddress{local, 8853};
  build();
  ASSERT_EQ(state->addresses.size(), 5U);

  const EndpointAddress* plain = state->find({local, 5301});
  const EndpointAddress* dot = state->find({local, 8853}, DoT);
  const EndpointAddress* doh = state->find({*IpAddress::parse("10.0.0.9"), 443}, DoH);
  ASSERT_TRUE(plain != nullptr && dot != nullptr && doh != nullptr);
  EXPECT_EQ(state->find({local, 8853}), nullptr);
  EXPECT_EQ(state->certificate_names.dns.front(), "rslvr-in-1.resolver.eu-west-1.amazonaws.com");

  const auto admits = [](const CidrSet& sources, const char* address) {
    return sources.contains(*IpAddress::parse(address));
  };
  EXPECT_TRUE(admits(plain->udp_sources, "10.0.53.1") && admits(plain->tcp_sources, "10.0.53.1"));
  EXPECT_TRUE(admits(dot->tcp_sources, "10.0.2.1"));
  EXPECT_TRUE(admits(doh->tcp_sources, "10.0.1.1"));
  EXPECT_FALSE(admits(dot->tcp_sources, "10.0.53.1") || admits(dot->tcp_sources, "10.0.1.1"));
  EXPECT_FALSE(admits(dot->udp_sources, "10.0.53.1") || admits(doh->udp_sources, "10.0.1.1"));
}

TEST_F(State, UsesTheMostSpecificOfOverlappingZones) {
  add_zone("internal", {"one"}, "www A 10.1.0.1\nwww.sub.corp A 10.1.0.2\nwww.corp A 10.1.0.3");
  add_zone("sub.corp.internal", {"one"}, "www A 10.1.0.4");
  add_zone("corp.internal", {"one"}, "other.sub A 10.1.0.5\nto CNAME www.sub");
  build();
  EXPECT_EQ(ask(5301, "www.internal."), "NOERROR 10.1.0.1");
  EXPECT_EQ(ask(5301, "www.sub.corp.internal."), "NOERROR 10.1.0.4");
  // Records of a less specific zone are hidden below the apex of a more specific one.
  EXPECT_EQ(ask(5301, "other.sub.corp.internal."), "NXDOMAIN");
  EXPECT_EQ(ask(5301, "www.corp.internal."), "NXDOMAIN");
  EXPECT_EQ(ask(5301, "to.corp.internal."), "NOERROR www.sub.corp.internal.");
  ASSERT_EQ(decision.answers().size(), 2U);
  EXPECT_EQ(decision.answers()[1].wire.records.back(), 4);
  EXPECT_EQ(ask(5302, "www.internal."), "REFUSED");
}

TEST_F(State, HasTheNamesOfTheVpcAtInboundEndpointsOnly) {
  add_zone("corp.internal", {"one"}, "host CNAME ip-10-0-0-9.eu-west-1.compute.internal.");
  build();
  EXPECT_EQ(ask(5301, "9.0.0.10.in-addr.arpa.", 12),
            "NOERROR ip-10-0-0-9.eu-west-1.compute.internal.");
  EXPECT_EQ(ask(5302, "ip-10-0-0-9.eu-west-1.compute.internal."), "NOERROR 10.0.0.9");
  EXPECT_EQ(ask(5303, "ip-10-0-0-9.eu-west-1.compute.internal."), "REFUSED");
  EXPECT_EQ(ask(5303, "localhost."), "REFUSED");
  // A chain may end in a name that is made on lookup.
  EXPECT_EQ(ask(5301, "host.corp.internal."), "NOERROR ip-10-0-0-9.eu-west-1.compute.internal.");
  ASSERT_EQ(decision.answers().size(), 2U);
  EXPECT_EQ(decision.answers()[1].wire.records.back(), 9);
}

TEST_F(State, DeniesUncoveredNamesAtInboundEndpointsWhereAsked) {
  constexpr uint16_t kSoa = 6;
  constexpr uint16_t kAxfr = 252;
  add_zone("corp.internal", {"one"}, "out CNAME www.example.com.\nwww A 10.1.0.1");
  add_rule("rule", "partner.test", 53);
  t.resolver_rules.push_back(t.resolver_rules.back());
  t.resolver_rules.back().rule_type = topology::RuleType::System;
  t.resolver_rules.back().domain_name = "aws.partner.test";
  build(UncoveredNames::NXDomain);
  const auto is_denied = [&](uint16_t port, std::string_view name, uint16_t qtype = 1) {
    const std::string said = ask(port, name, qtype);
    if (decision.authority() == nullptr) return said + " without an SOA";
    const dns::RRsetView& soa = decision.authority()->rrset.wire;
    EXPECT_TRUE(decision.authority()->owner.is_root());
    EXPECT_EQ(soa.type, kSoa);
    EXPECT_EQ(soa.first().ttl(), 60U);
    EXPECT_EQ(decision.ede(), dns::Ede::NotAuthoritative);
    EXPECT_FALSE(decision.authoritative);
    return said;
  };
  EXPECT_EQ(is_denied(5301, "www.example.com."), "NXDOMAIN");
  EXPECT_EQ(is_denied(5301, "www.corp.internal.example."), "NXDOMAIN");
  EXPECT_EQ(is_denied(5301, "x.aws.partner.test."), "NXDOMAIN");  // of the SYSTEM rule
  EXPECT_EQ(is_denied(5302, "www.corp.internal."), "NXDOMAIN");   // of the other VPC
  // RFC 8020: names above a covered name exist.
  EXPECT_EQ(is_denied(5301, "internal."), "NOERROR");
  EXPECT_EQ(is_denied(5301, "test."), "NOERROR");
  EXPECT_EQ(is_denied(5302, "test."), "NXDOMAIN");
  EXPECT_EQ(is_denied(5301, "arpa."), "NOERROR");
  EXPECT_EQ(is_denied(5301, "."), "NOERROR");
  EXPECT_EQ(ask(5301, ".", kSoa),
            "NOERROR ns-0.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 60");
  // Covered names and finished chains do not change.
  EXPECT_EQ(ask(5301, "www.corp.internal."), "NOERROR 10.1.0.1");
  EXPECT_EQ(ask(5301, "out.corp.internal."), "NOERROR www.example.com.");
  EXPECT_EQ(decision.answers().size(), 1U);
  EXPECT_FALSE(decision.ede());
  ask(5301, "x.partner.test.");
  EXPECT_EQ(decision.fetch_for, FetchFor::Answer);
  EXPECT_EQ(ask(5301, "www.example.com.", kAxfr), "REFUSED");
  EXPECT_EQ(ask(5303, "www.example.com."), "REFUSED");
  EXPECT_EQ(decision.authority(), nullptr);
}

// Endpoint names are partial zones: their apexes, and the names beside them, are not covered.
TEST_F(State, DeniesUncoveredNamesBesideThoseOfEndpoints) {
  topology::VpcEndpoint endpoint;
  endpoint.id = "vpce-1";
  endpoint.vpc = "one";
  endpoint.service_name = "com.amazonaws.eu-west-1.kms";
  endpoint.dns_suffix = "abcd1234";
  endpoint.network_interfaces.emplace_back();
  endpoint.network_interfaces[0].address = *IpAddress::parse("10.0.0.7");
  t.vpc_endpoints = {endpoint};
  build(UncoveredNames::NXDomain);
  const std::string domain = "kms.eu-west-1.vpce.amazonaws.com.";
  EXPECT_EQ(ask(5301, "vpce-1-abcd1234." + domain), "NOERROR 10.0.0.7");
  for (const uint16_t any_type : {uint16_t{1}, uint16_t{16}, uint16_t{255}}) {
    EXPECT_EQ(ask(5301, domain, any_type), "NOERROR");
    EXPECT_NE(decision.authority(), nullptr);
    EXPECT_EQ(ask(5301, "vpce-2." + domain, any_type), "NXDOMAIN");
  }
  EXPECT_EQ(ask(5301, "kms.eu-west-1.amazonaws.com."), "NXDOMAIN");
}

// Source: EC2 User Guide, "Security group connection tracking".
TEST_F(State, DetectsTrackedConnections) {
  const auto tracked = [&](const char* block) {
    topology::SecurityGroup group;
    group.id = "sg-1";
    topology::SecurityGroupRule rule;
    rule.protocol = topology::IpProtocol::All;
    rule.source = *Cidr::parse(block);
    group.ingress = {rule};
    t.security_groups = {group};
    for (topology::ResolverEndpoint& endpoint : t.resolver_endpoints) {
      endpoint.security_groups = {"sg-1"};
    }
    build();
    return state->addresses[0].tracked;
  };
  EXPECT_FALSE(tracked("0.0.0.0/0"));
  EXPECT_TRUE(tracked("10.0.0.0/8"));
  EXPECT_TRUE(tracked("::/0")) << "that is not the address's family";
}

TEST_F(State, HasTheFirewallOfTheEndpointsVpc) {
  t.firewall_domain_lists = {{"all", "rslvr-fdl-1", {"*"}, ""}};
  topology::FirewallRule rule;
  rule.domain_list = "rslvr-fdl-1";
  rule.block_response = topology::BlockResponse::NXDomain;
  t.firewall_rule_groups = {{"g", "rslvr-frg-1", {rule}}};
  t.vpcs[0].firewall_rule_groups = {{"rslvr-frgassoc-1", "rslvr-frg-1", 100}};
  build();
  EXPECT_EQ(ask(5301, "localhost."), "NXDOMAIN");
  EXPECT_EQ(ask(5302, "localhost."), "NOERROR 127.0.0.1");
  EXPECT_EQ(ask(5303, "localhost."), "NXDOMAIN");

  t.firewall_domain_lists[0].file = folder / "none";
  EXPECT_FALSE(build_state(t, kSeed));
  t.vpcs[0].firewall_fail_open = true;
  build();
  EXPECT_EQ(state->unreadable_lists.size(), 1U);
  EXPECT_EQ(ask(5301, "localhost."), "NOERROR 127.0.0.1");
}

TEST_F(State, ARuleKeepsItsScopeWithTheSameTargets) {
  add_rule("a", "a.test", 53);
  add_rule("b", "b.test", 53);
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(state->addresses[0]
                .rules
                ->find([] {
                  zone::NameKey key;
                  key.assign(dns::Name::parse_text("x.b.test.")->view(), kSeed);
                  return key;
                }())
                .scope,
            1U);

  // An unrelated rule, even before the others; another name and id; another letter case.
  add_rule("c", "c.test", 53);
  std::swap(t.resolver_rules[0], t.resolver_rules[2]);
  t.resolver_rules[1].id = t.resolver_rules[1].name = "renamed";
  t.resolver_rules[1].domain_name = "B.test";
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{2, 1, 0}));
}

TEST_F(State, ARuleWithOtherTargetsGetsANewScope) {
  add_rule("a", "a.test", 53);
  add_rule("b", "b.test", 53);
  ASSERT_EQ(scopes(), (std::vector<uint32_t>{0, 1}));
  t.resolver_rules[0].target_ips[0].address.port = 54;
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{2, 1}));
  t.resolver_rules[0].target_ips[0].protocol = topology::TargetProtocol::DoT;
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{3, 1}));
  t.resolver_rules[0].target_ips[0].server_name_indication = "dns.test";
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{4, 1}));
  t.resolver_rules[0].domain_name = "sub.a.test";
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{5, 1}));
  t.resolver_endpoints.back().ip_addresses[0].send_from = *IpAddress::parse("127.0.0.9");
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{6, 7})) << "both leave by the endpoint";
}

TEST_F(State, ARuleThatReturnsGetsANewScope) {
  add_rule("a", "a.test", 53);
  add_rule("b", "b.test", 53);
  ASSERT_EQ(scopes(), (std::vector<uint32_t>{0, 1}));
  const topology::ResolverRule gone = t.resolver_rules[0];
  t.resolver_rules.erase(t.resolver_rules.begin());
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{1}));
  t.resolver_rules.push_back(gone);
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{1, 2}));
}

TEST_F(State, EqualRulesHaveDifferentScopes) {
  add_rule("a", "a.test", 53);
  add_rule("a-of-two", "a.test", 53).vpcs = {"two"};
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(scopes(), (std::vector<uint32_t>{0, 1}));
}

}  // namespace
}  // namespace inlet53::resolver
