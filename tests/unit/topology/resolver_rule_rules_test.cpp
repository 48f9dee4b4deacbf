#include <functional>

#include "sound_topology.h"
#include <gtest/gtest.h>

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
    Topology topology = sound_topology();
    each.breakage(topology, topology.resolver_rules[0], topology.resolver_rules[1]);
    std::vector<std::string> problems;
    for (const Problem& problem : validate(topology)) {
      problems.push_back(to_text(problem.path) + ": " + problem.message);
    }
    EXPECT_EQ(problems, each.problems);
  }
}

TEST(ResolverRules, TakeTheRootAndNamesInAnyForm) {
  for (const char* name : {".", "com", "com.", "_tcp.Example.COM", "10.in-addr.arpa"}) {
    Topology topology = sound_topology();
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
      {"another VPC's",
       [](Topology& t, ResolverRule& forward, ResolverRule&) {
         forward.target_ips[0].address = {ip("10.0.0.4"), 53};
         forward.vpcs = {t.vpcs[1].id};
       },
       {}},
  });
}

}  // namespace
}  // namespace inlet53::topology
