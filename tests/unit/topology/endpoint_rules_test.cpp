// SPDX-License-Identifier: Apache-2.0
#include "valid_topology.h"
#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(Validate, CountsResolverAddressesAndKeepsThemInTheirSubnet) {
  expect_problems({
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
  expect_problems({
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
  expect_problems({
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

TEST(Validate, ChecksServiceAndPrivateDns) {
  expect_problems({
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
  expect_problems({
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

/// Returns the valid topology with an endpoint for `service` instead of the one for REST APIs.
Topology with_service(const char* service, PrivateDns private_dns = PrivateDns::Enabled) {
  Topology topology = valid_topology();
  topology.rest_apis.clear();
  topology.vpc_endpoints[0].name = "e";
  topology.vpc_endpoints[0].service_name = service;
  topology.vpc_endpoints[0].private_dns = private_dns;
  return topology;
}

void add_second(Topology& topology, const char* service) {
  VpcEndpoint second = topology.vpc_endpoints[0];
  second.name = "second";
  second.id = "vpce-00000000";
  second.service_name = service;
  second.network_interfaces = {
      {"eni-00000000", topology.subnets[0].id, IpAddress::parse("10.0.0.9"), {}, {}}};
  topology.vpc_endpoints.push_back(second);
}

TEST(VpcEndpointNames, OfServicesWithOtherFormsAreValid) {
  for (const char* service :
       {"com.amazonaws.s3-global.accesspoint", "aws.sagemaker.eu-west-1.notebook",
        "aws.api.eu-west-1.kendra-ranking", "com.amazonaws.eu-west-1.new"}) {
    EXPECT_EQ(texts_of(validate(with_service(service))), Problems{}) << service;
  }
  EXPECT_EQ(texts_of(validate(with_service("com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d",
                                           PrivateDns::Disabled))),
            Problems{});
}

TEST(VpcEndpointNames, KeepTheFormOfTheServiceWhenItsRegionIsWrong) {
  EXPECT_EQ(
      texts_of(validate(with_service("aws.sagemaker.eu-west-2.studio"))),
      Problems{"vpc_endpoint.e.service_name: the service is in eu-west-2, but VPC \"demo\" in "
               "eu-west-1; did you mean \"aws.sagemaker.eu-west-1.studio\"?"});
}

TEST(VpcEndpointNames, AreMissedWherePrivateDnsNeedsThem) {
  const Problems missing = {
      "vpc_endpoint.e.private_dns: this service has no private DNS names; give the endpoint "
      "private_dns_names, or use \"disabled\""};
  EXPECT_EQ(texts_of(validate(with_service("com.amazonaws.eu-west-1.iot.data"))), missing);
  Topology topology = with_service("com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d");
  EXPECT_EQ(texts_of(validate(topology)), missing);
  topology.vpc_endpoints[0].private_dns_names = {"service.example.com"};
  EXPECT_EQ(texts_of(validate(topology)), Problems{});
}

TEST(VpcEndpointNames, ThatAreGivenAreDnsNamesWithRoomForLabels) {
  const std::string label(63, 'a');
  const std::string fits = label + "." + label + "." + std::string(61, 'b');
  Topology topology = with_service("com.amazonaws.eu-west-1.kms");
  VpcEndpoint& endpoint = topology.vpc_endpoints[0];
  endpoint.private_dns_names = {"*." + fits, "a..b", "*", "*.*.b", ""};
  endpoint.base_endpoint_dns_names = {fits, fits + "b", "*.vpce"};
  const std::string ending = "\" is no DNS name of at most 189 bytes";
  const auto fault = [&](const std::string& key, const std::string& name) {
    return "vpc_endpoint.e." + key + ": \"" + name + ending;
  };
  EXPECT_EQ(texts_of(validate(topology)),
            (Problems{fault("private_dns_names[1]", "a..b"), fault("private_dns_names[2]", "*"),
                      fault("private_dns_names[3]", "*.*.b"), fault("private_dns_names[4]", ""),
                      fault("base_endpoint_dns_names[1]", fits + "b"),
                      fault("base_endpoint_dns_names[2]", "*.vpce")}));
}

// The DNS limits reject the names of such an endpoint, which ended the daemon.
TEST(VpcEndpointNames, OfALongServiceNameAreAFault) {
  const std::string label(63, 'a');
  const std::string name = "com.amazonaws.eu-west-1." + label + "." + label + "." + label;
  const Problems problems = texts_of(validate(with_service(name.c_str())));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].starts_with(
      "vpc_endpoint.e.service_name: the service's name is too long for the DNS names"))
      << problems[0];
}

TEST(VpcEndpointNames, OfTwoEndpointsWithPrivateDnsDiffer) {
  Topology topology = with_service("com.amazonaws.eu-west-1.kinesis-firehose");
  add_second(topology, "com.amazonaws.eu-west-1.firehose");
  EXPECT_EQ(texts_of(validate(topology)),
            Problems{"vpc_endpoint.second.private_dns: VPC endpoint \"e\" has private DNS for "
                     "firehose.eu-west-1.amazonaws.com in this VPC already; AWS allows one"});
  topology.vpc_endpoints[1].private_dns_names = {"*.firehose.example.com", "firehose.example.com"};
  EXPECT_EQ(texts_of(validate(topology)), Problems{});
}

TEST(VpcEndpointNames, AreOfNoUseWhereApisAreListed) {
  Topology topology = with_service("com.amazonaws.eu-west-1.execute-api", PrivateDns::Listed);
  topology.vpc_endpoints[0].private_dns_names = {"x.example.com"};
  EXPECT_EQ(texts_of(validate(topology)),
            Problems{"vpc_endpoint.e.private_dns: \"listed\" has no use for private_dns_names; use "
                     "\"enabled\""});
}

TEST(Warnings, AreNoneOfKnownServices) {
  for (const char* service :
       {"com.amazonaws.eu-west-1.execute-api", "com.amazonaws.s3-global.accesspoint"}) {
    EXPECT_EQ(texts_of(warnings(with_service(service))), Problems{}) << service;
  }
  EXPECT_EQ(texts_of(warnings(with_service("com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d",
                                           PrivateDns::Disabled))),
            Problems{});
}

TEST(Warnings, SayWhichNamesAServiceOutsideTheTableHas) {
  const std::string before =
      "vpc_endpoint.e.service_name: this service is not in the list of AWS's services, so its DNS "
      "names follow from its name: ";
  const std::string after = "; private_dns_names and base_endpoint_dns_names set others";
  Topology topology = with_service("com.amazonaws.eu-west-1.new.api");
  VpcEndpoint& endpoint = topology.vpc_endpoints[0];
  EXPECT_EQ(
      texts_of(warnings(topology)),
      Problems{before +
               "api.new.eu-west-1.amazonaws.com, vpce-….api.new.eu-west-1.vpce.amazonaws.com" +
               after});
  endpoint.base_endpoint_dns_names = {"new.vpce.example.com"};
  EXPECT_EQ(texts_of(warnings(topology)).size(), 1U);
  endpoint.private_dns = PrivateDns::Disabled;
  EXPECT_EQ(texts_of(warnings(topology)), Problems{});
  endpoint.private_dns = PrivateDns::Enabled;
  endpoint.private_dns_names = {"new.example.com"};
  EXPECT_EQ(texts_of(warnings(topology)), Problems{});
}

TEST(Warnings, NameRegionsThatDoNotExist) {
  Topology topology = valid_topology();
  EXPECT_EQ(texts_of(warnings(topology)), Problems{});
  topology.vpcs[0].region = "eu-wset-1";
  topology.rest_apis[0].region = "the-moon-1";
  topology.functions.emplace_back();
  topology.functions[0].name = "f";
  topology.functions[0].region = "cn-nort-1";
  EXPECT_EQ(
      texts_of(warnings(topology)),
      (Problems{"vpc.demo.region: AWS has no region \"eu-wset-1\"; did you mean \"eu-west-1\"?",
                "rest_api.hello.region: AWS has no region \"the-moon-1\"",
                "function.f.region: AWS has no region \"cn-nort-1\"; did you mean "
                "\"cn-north-1\"?"}));
}

}  // namespace
}  // namespace inlet53::topology
