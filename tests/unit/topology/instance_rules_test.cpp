// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "sound_topology.h"
#include <gtest/gtest.h>

#include "inlet53/topology/validate.h"

namespace inlet53::topology {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

Topology with_instances() {
  Topology t = sound_topology();
  t.instances = {{"web", "i-0a1b2c3d4e5f60718", t.subnets[0].id, ip("10.0.30.10"),
                  ip("2001:db8:1200::30"), ip("203.0.113.25")},
                 {"db", "i-12345678", t.subnets[1].id, ip("10.0.130.10"), {}, {}}};
  return t;
}

std::vector<std::string> problems_of(const std::function<void(Topology&)>& breakage) {
  Topology topology = with_instances();
  breakage(topology);
  std::vector<std::string> problems;
  for (const Problem& problem : validate(topology)) {
    problems.push_back(to_text(problem.path) + ": " + problem.message);
  }
  return problems;
}

using Problems = std::vector<std::string>;

TEST(InstanceRules, TakeSoundOnes) {
  EXPECT_EQ(problems_of([](Topology&) {}), Problems());
}

TEST(InstanceRules, HoldAddressesToTheirFamilyAndSubnet) {
  EXPECT_EQ(problems_of([](Topology& t) {
              t.instances[0].address = ip("2001:db8:1200::31");
              t.instances[0].ipv6_address = ip("10.0.30.11");
              t.instances[0].public_address = ip("2001:db8::1");
            }),
            Problems({"instance.web.address: 2001:db8:1200::31 is no IPv4 address",
                      "instance.web.ipv6_address: 10.0.30.11 is no IPv6 address",
                      "instance.web.public_address: 2001:db8::1 is no IPv4 address"}));
  EXPECT_EQ(
      problems_of([](Topology& t) { t.instances[1].address = ip("10.0.30.11"); }),
      Problems({"instance.db.address: 10.0.30.11 is outside subnet \"b\" (10.0.128.0/17), "
                "whose addresses go from 10.0.128.4 to 10.0.255.254; it is in subnet \"a\""}));
}

TEST(InstanceRules, GiveEachAddressToOne) {
  EXPECT_EQ(
      problems_of([](Topology& t) {
        t.instances[1].address = ip("10.0.140.226");
        t.instances[1].public_address = ip("203.0.113.25");
      }),
      Problems({"instance.db.public_address: 203.0.113.25 is that of instance \"web\" already",
                "instance.db.address: 10.0.140.226 is taken in this VPC by "
                "vpc_endpoint.execute-api.network_interface[1].address"}));
}

TEST(InstanceRules, HoldReferencesAndIdsToTheirShape) {
  EXPECT_EQ(problems_of([](Topology& t) {
              t.instances[0].subnet = "far-away";
              t.instances[1].id = "i-1";
            }),
            Problems({"instance.db.id: \"i-1\" is no id of this kind; it is i- and 17 (or 8) of "
                      "0-9a-f",
                      "instance.web.subnet: no subnet has the name or id \"far-away\"; there are "
                      "\"a\", \"b\" and \"far\""}));
}

TEST(InstanceRules, KeepRegionsShortEnoughForNames) {
  EXPECT_EQ(problems_of([](Topology& t) {
              const Vpc vpc = t.vpcs[1];
              t = {};
              t.vpcs = {vpc};
              t.vpcs[0].region = std::string(40, 'a') + "-1";
            }),
            Problems({"vpc.other.region: \"" + std::string(40, 'a') +
                      "-1\" is no region; one looks like \"eu-west-1\""}));
}

}  // namespace
}  // namespace inlet53::topology
