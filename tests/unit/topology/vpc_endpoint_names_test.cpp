// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <string>
#include <vector>

#include "sound_topology.h"
#include <gtest/gtest.h>

#include "inlet53/topology/validate.h"

namespace inlet53::topology {
namespace {

using Texts = std::vector<std::string>;

Texts texts_of(const std::vector<Problem>& problems) {
  Texts texts;
  for (const Problem& problem : problems) {
    texts.push_back(to_text(problem.path) + ": " + problem.message);
  }
  return texts;
}

/// Returns the valid topology with an endpoint for `service` instead of the one for REST APIs.
Topology with_service(const char* service, PrivateDns private_dns = PrivateDns::Enabled) {
  Topology topology = sound_topology();
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

TEST(VpcEndpointNames, OfServicesWithOtherFormsAreSound) {
  for (const char* service :
       {"com.amazonaws.s3-global.accesspoint", "aws.sagemaker.eu-west-1.notebook",
        "aws.api.eu-west-1.kendra-ranking", "com.amazonaws.eu-west-1.new"}) {
    EXPECT_EQ(texts_of(validate(with_service(service))), Texts{}) << service;
  }
  EXPECT_EQ(texts_of(validate(with_service("com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d",
                                           PrivateDns::Disabled))),
            Texts{});
}

TEST(VpcEndpointNames, KeepTheFormOfTheServiceWhenItsRegionIsWrong) {
  EXPECT_EQ(texts_of(validate(with_service("aws.sagemaker.eu-west-2.studio"))),
            Texts{"vpc_endpoint.e.service_name: the service is in eu-west-2, but VPC \"demo\" in "
                  "eu-west-1; did you mean \"aws.sagemaker.eu-west-1.studio\"?"});
}

TEST(VpcEndpointNames, AreMissedWherePrivateDnsNeedsThem) {
  const Texts missing = {
      "vpc_endpoint.e.private_dns: this service has no private DNS names; give the endpoint "
      "private_dns_names, or use \"disabled\""};
  EXPECT_EQ(texts_of(validate(with_service("com.amazonaws.eu-west-1.iot.data"))), missing);
  Topology topology = with_service("com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d");
  EXPECT_EQ(texts_of(validate(topology)), missing);
  topology.vpc_endpoints[0].private_dns_names = {"service.example.com"};
  EXPECT_EQ(texts_of(validate(topology)), Texts{});
}

TEST(VpcEndpointNames, ThatAreGivenAreDnsNamesWithRoomForLabels) {
  const std::string label(63, 'a');
  const std::string fits = label + "." + label + "." + std::string(61, 'b');
  Topology topology = with_service("com.amazonaws.eu-west-1.kms");
  VpcEndpoint& endpoint = topology.vpc_endpoints[0];
  endpoint.private_dns_names = {"*." + fits, "a..b", "*", "*.*.b", ""};
  endpoint.base_endpoint_dns_names = {fits, fits + "b", "*.vpce"};
  const std::string ending = "\" is no DNS name of at most 189 octets";
  const auto fault = [&](const std::string& key, const std::string& name) {
    return "vpc_endpoint.e." + key + ": \"" + name + ending;
  };
  EXPECT_EQ(texts_of(validate(topology)),
            (Texts{fault("private_dns_names[1]", "a..b"), fault("private_dns_names[2]", "*"),
                   fault("private_dns_names[3]", "*.*.b"), fault("private_dns_names[4]", ""),
                   fault("base_endpoint_dns_names[1]", fits + "b"),
                   fault("base_endpoint_dns_names[2]", "*.vpce")}));
}

// The DNS limits reject the names of such an endpoint, which ended the daemon.
TEST(VpcEndpointNames, OfALongServiceNameAreAFault) {
  const std::string label(63, 'a');
  const std::string name = "com.amazonaws.eu-west-1." + label + "." + label + "." + label;
  const Texts problems = texts_of(validate(with_service(name.c_str())));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].starts_with(
      "vpc_endpoint.e.service_name: the service's name is too long for the DNS names"))
      << problems[0];
}

TEST(VpcEndpointNames, OfTwoEndpointsWithPrivateDnsDiffer) {
  Topology topology = with_service("com.amazonaws.eu-west-1.kinesis-firehose");
  add_second(topology, "com.amazonaws.eu-west-1.firehose");
  EXPECT_EQ(texts_of(validate(topology)),
            Texts{"vpc_endpoint.second.private_dns: VPC endpoint \"e\" has private DNS for "
                  "firehose.eu-west-1.amazonaws.com in this VPC already; AWS allows one"});
  topology.vpc_endpoints[1].private_dns_names = {"*.firehose.example.com", "firehose.example.com"};
  EXPECT_EQ(texts_of(validate(topology)), Texts{});
}

TEST(VpcEndpointNames, AreOfNoUseWhereApisAreListed) {
  Topology topology = with_service("com.amazonaws.eu-west-1.execute-api", PrivateDns::Listed);
  topology.vpc_endpoints[0].private_dns_names = {"x.example.com"};
  EXPECT_EQ(texts_of(validate(topology)),
            Texts{"vpc_endpoint.e.private_dns: \"listed\" has no use for private_dns_names; use "
                  "\"enabled\""});
}

TEST(Warnings, AreNoneOfKnownServices) {
  for (const char* service :
       {"com.amazonaws.eu-west-1.execute-api", "com.amazonaws.s3-global.accesspoint"}) {
    EXPECT_EQ(texts_of(warnings(with_service(service))), Texts{}) << service;
  }
  EXPECT_EQ(texts_of(warnings(with_service("com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d",
                                           PrivateDns::Disabled))),
            Texts{});
}

TEST(Warnings, SayWhichNamesAServiceOutsideTheTableHas) {
  const std::string before =
      "vpc_endpoint.e.service_name: this service is not in the list of AWS's services, so its DNS "
      "names follow from its name: ";
  const std::string after = "; private_dns_names and base_endpoint_dns_names set others";
  Topology topology = with_service("com.amazonaws.eu-west-1.new.api");
  VpcEndpoint& endpoint = topology.vpc_endpoints[0];
  EXPECT_EQ(texts_of(warnings(topology)),
            Texts{before +
                  "api.new.eu-west-1.amazonaws.com, vpce-….api.new.eu-west-1.vpce.amazonaws.com" +
                  after});
  endpoint.base_endpoint_dns_names = {"new.vpce.example.com"};
  EXPECT_EQ(texts_of(warnings(topology)).size(), 1U);
  endpoint.private_dns = PrivateDns::Disabled;
  EXPECT_EQ(texts_of(warnings(topology)), Texts{});
  endpoint.private_dns = PrivateDns::Enabled;
  endpoint.private_dns_names = {"new.example.com"};
  EXPECT_EQ(texts_of(warnings(topology)), Texts{});
}

TEST(Warnings, NameRegionsThatDoNotExist) {
  Topology topology = sound_topology();
  EXPECT_EQ(texts_of(warnings(topology)), Texts{});
  topology.vpcs[0].region = "eu-wset-1";
  topology.rest_apis[0].region = "the-moon-1";
  topology.functions.emplace_back();
  topology.functions[0].name = "f";
  topology.functions[0].region = "cn-nort-1";
  EXPECT_EQ(texts_of(warnings(topology)),
            (Texts{"vpc.demo.region: AWS has no region \"eu-wset-1\"; did you mean \"eu-west-1\"?",
                   "rest_api.hello.region: AWS has no region \"the-moon-1\"",
                   "function.f.region: AWS has no region \"cn-nort-1\"; did you mean "
                   "\"cn-north-1\"?"}));
}

}  // namespace
}  // namespace inlet53::topology
