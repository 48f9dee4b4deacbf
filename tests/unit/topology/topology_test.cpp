// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/topology.h"

#include "sound_topology.h"
#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

TEST(Topology, FindsObjectsById) {
  const Topology topology = sound_topology();
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

}  // namespace
}  // namespace inlet53::topology
