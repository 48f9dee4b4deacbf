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

TEST(Topology, TakesServiceNamesApart) {
  struct Case {
    std::string_view name, region, label;
  };
  const Case cases[] = {
      {"com.amazonaws.eu-west-1.execute-api", "eu-west-1", "execute-api"},
      {"com.amazonaws.us-gov-east-1.ecr.api", "us-gov-east-1", "ecr.api"},
      {"com.amazonaws.cn-north-1.execute-api", "cn-north-1", "execute-api"},
      {"cn.com.amazonaws.cn-north-1.ec2", "cn-north-1", "ec2"},
      {"cn.com.amazonaws.eu-west-1.ec2", "", ""},
      {"com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f60718", "", ""},
      {"com.amazonaws.eu-west-1.", "", ""},
      {"com.amazonaws.eu-west-1", "", ""},
      {"com.amazonaws.euwest1.execute-api", "", ""},
      {"com.amazonaws..execute-api", "", ""},
      {"execute-api", "", ""},
      {"", "", ""},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(service_region(each.name), each.region) << each.name;
    EXPECT_EQ(service_label(each.name), each.label) << each.name;
  }
}

}  // namespace
}  // namespace inlet53::topology
