// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/certificate_names.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

using Names = std::vector<std::string>;

ResolverEndpointIp endpoint_ip(const char* address, const char* dot, const char* doh) {
  ResolverEndpointIp ip;
  ip.address = *IpAddress::parse(address);
  ip.listen_dot = SocketAddress::parse(dot);
  ip.listen_doh = SocketAddress::parse(doh);
  return ip;
}

Topology encrypted(std::string region) {
  Topology topology;
  topology.vpcs.emplace_back();
  topology.vpcs[0].id = "vpc-1";
  topology.vpcs[0].region = std::move(region);
  ResolverEndpoint endpoint;
  endpoint.id = "rslvr-in-1";
  endpoint.vpc = "vpc-1";
  endpoint.protocols = {EndpointProtocol::Do53, EndpointProtocol::DoT, EndpointProtocol::DoH};
  endpoint.ip_addresses = {endpoint_ip("10.0.0.4", "127.0.0.1:8853", "[::1]:8443")};
  topology.resolver_endpoints = {endpoint};
  return topology;
}

void add_endpoint(Topology& topology, const char* service) {
  topology.vpc_endpoints.emplace_back();
  topology.vpc_endpoints.back().service_name = service;
}

void add_api(Topology& topology) {
  topology.rest_apis.emplace_back();
  topology.rest_apis.back().stages.emplace_back();
}

TEST(CertificateNames, OfDnsAreItsEndpointsAndTheAddressesOfEachEncryptedProtocol) {
  const Names expected = {"rslvr-in-1.resolver.eu-west-1.amazonaws.com", "10.0.0.4", "127.0.0.1",
                          "::1"};
  EXPECT_EQ(certificate_names(encrypted("eu-west-1")).dns, expected);
}

TEST(CertificateNames, OfDnsLeaveOutWhatIsNotServedWithTls) {
  Topology topology = encrypted("eu-west-1");
  topology.resolver_endpoints[0].protocols = {EndpointProtocol::Do53};
  EXPECT_EQ(certificate_names(topology).dns, Names{});
  topology = encrypted("eu-west-1");
  topology.resolver_endpoints[0].ip_addresses[0].enabled = false;
  EXPECT_EQ(certificate_names(topology).dns, Names{});
  topology = encrypted("eu-west-1");
  topology.resolver_endpoints[0].direction = Direction::Outbound;
  EXPECT_EQ(certificate_names(topology).dns, Names{});
}

TEST(CertificateNames, HaveNoAddressThatNoClientConnectsTo) {
  Topology topology = encrypted("eu-west-1");
  topology.resolver_endpoints[0].ip_addresses = {
      endpoint_ip("10.0.0.4", "0.0.0.0:8853", "[::]:8443")};
  const Names expected = {"rslvr-in-1.resolver.eu-west-1.amazonaws.com", "10.0.0.4"};
  EXPECT_EQ(certificate_names(topology).dns, expected);
}

TEST(CertificateNames, OfTheGatewayAreThoseOfEachRegionWithAnEndpoint) {
  Topology topology;
  add_endpoint(topology, "com.amazonaws.eu-west-1.execute-api");
  add_endpoint(topology, "com.amazonaws.eu-west-1.execute-api");
  add_endpoint(topology, "com.amazonaws.cn-north-1.execute-api");
  add_endpoint(topology, "com.amazonaws.us-east-1.ecr.api");
  EXPECT_EQ(certificate_names(topology).gateway, Names{});  // no API has a stage
  add_api(topology);
  const Names expected = {
      "*.execute-api.cn-north-1.amazonaws.com.cn", "*.execute-api.cn-north-1.vpce.amazonaws.com.cn",
      "*.execute-api.eu-west-1.amazonaws.com", "*.execute-api.eu-west-1.vpce.amazonaws.com"};
  EXPECT_EQ(certificate_names(topology).gateway, expected);
}

TEST(CertificateNames, OfChinaHaveItsDomain) {
  EXPECT_EQ(certificate_names(encrypted("cn-north-1")).dns[0],
            "rslvr-in-1.resolver.cn-north-1.amazonaws.com.cn");
}

}  // namespace
}  // namespace inlet53::topology
