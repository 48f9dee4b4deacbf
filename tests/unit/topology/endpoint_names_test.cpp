// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/endpoint_names.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"

namespace inlet53::topology {
namespace {

using Names = std::vector<std::string>;

VpcEndpoint endpoint(std::string service) {
  VpcEndpoint out;
  out.service_name = std::move(service);
  return out;
}

EndpointDnsNames names_of(std::string service, std::string_view region) {
  return endpoint_dns_names(endpoint(std::move(service)), region);
}

struct Case {
  const char* service;
  Names private_names;
  Names endpoint_domains;
};

void expect(std::string_view region, const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    const EndpointDnsNames names = names_of(each.service, region);
    EXPECT_EQ(names.private_names, each.private_names) << each.service;
    EXPECT_EQ(names.endpoint_domains, each.endpoint_domains) << each.service;
  }
}

TEST(ServiceNames, AreThoseOfTheTable) {
  expect("eu-west-1",
         {{"com.amazonaws.eu-west-1.kms",
           {"kms.eu-west-1.amazonaws.com"},
           {"kms.eu-west-1.vpce.amazonaws.com"}},
          {"com.amazonaws.eu-west-1.kinesis-firehose",
           {"firehose.eu-west-1.amazonaws.com"},
           {"firehose.eu-west-1.vpce.amazonaws.com"}},
          {"com.amazonaws.eu-west-1.kinesis-streams",
           {"kinesis.eu-west-1.amazonaws.com", "*.data-kinesis.eu-west-1.amazonaws.com",
            "*.control-kinesis.eu-west-1.amazonaws.com"},
           {"kinesis.eu-west-1.vpce.amazonaws.com"}},
          {"com.amazonaws.eu-west-1.ecr.dkr",
           {"*.dkr.ecr.eu-west-1.amazonaws.com"},
           {"dkr.ecr.eu-west-1.vpce.amazonaws.com"}},
          {"com.amazonaws.eu-west-1.lambda",
           {"lambda.eu-west-1.amazonaws.com", "lambda.eu-west-1.api.aws"},
           {"lambda.eu-west-1.vpce.amazonaws.com"}},
          {"com.amazonaws.eu-west-1.comprehendmedical",
           {"comprehendmedical.eu-west-1.amazonaws.com"},
           {"prod.comprehendmedical.eu-west-1.vpce.amazonaws.com"}},
          {"com.amazonaws.eu-west-1.iot.data", {}, {"data.iot.eu-west-1.vpce.amazonaws.com"}},
          {"aws.api.eu-west-1.kendra-ranking",
           {"kendra-ranking.eu-west-1.api.aws"},
           {"kendra-ranking.eu-west-1.vpce.amazonaws.com"}},
          {"aws.sagemaker.eu-west-1.studio",
           {"*.studio.eu-west-1.sagemaker.aws"},
           {"vpce-svc-073bd5428a577ced9.eu-west-1.vpce.amazonaws.com",
            "studio.eu-west-1.vpce.sagemaker.aws"}},
          {"com.amazonaws.s3-global.accesspoint",
           {"*.accesspoint.s3-global.amazonaws.com"},
           {"accesspoint.s3-global.eu-west-1.vpce.amazonaws.com"}}});
}

// Compares every row, which the test reads from the file itself.
TEST(ServiceNames, AreThoseOfEachRowOfTheFile) {
  const auto in_region = [](std::string text) {
    for (size_t at = text.find("REGION"); at != std::string::npos; at = text.find("REGION", at)) {
      text.replace(at, 6, "us-east-1");
    }
    return text;
  };
  const auto joined = [](const Names& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
    return out.empty() ? "-" : out;
  };
  const char* root = std::getenv("SOURCE_ROOT");
  std::ifstream file(concat(root == nullptr ? "." : root, "/src/topology/interface_endpoints.tsv"));
  size_t rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    ++rows;
    const size_t first = line.find('\t');
    const size_t second = line.find('\t', first + 1);
    ASSERT_NE(second, std::string::npos) << line;
    const std::string service = in_region(line.substr(0, first));
    EXPECT_TRUE(is_listed_service(service)) << service;
    EXPECT_EQ(service_kind(service), ServiceKind::Aws) << service;
    const EndpointDnsNames names = names_of(service, "us-east-1");
    EXPECT_EQ(joined(names.private_names), in_region(line.substr(first + 1, second - first - 1)));
    EXPECT_EQ(joined(names.endpoint_domains), in_region(line.substr(second + 1)));
  }
  EXPECT_EQ(rows, 236U);
}

TEST(ServiceNames, FollowFromTheNameOfAServiceThatTheTableDoesNotHave) {
  EXPECT_FALSE(is_listed_service("com.amazonaws.eu-west-1.new.api"));
  EXPECT_FALSE(is_listed_service("com.amazonaws.REGION.new"));
  expect("eu-west-1", {{"com.amazonaws.eu-west-1.new.api",
                        {"api.new.eu-west-1.amazonaws.com"},
                        {"api.new.eu-west-1.vpce.amazonaws.com"}},
                       {"com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f60718",
                        {},
                        {"vpce-svc-0a1b2c3d4e5f60718.eu-west-1.vpce.amazonaws.com"}}});
}

// Sources: botocore's partitions.json; CDK has `gov.ic.hci.csp` for us-isof.
TEST(ServiceNames, HaveTheDomainsOfTheirPartition) {
  const std::vector<Case> china = {
      {"cn.com.amazonaws.cn-north-1.ec2",
       {"ec2.cn-north-1.amazonaws.com.cn", "ec2.cn-north-1.api.amazonwebservices.com.cn"},
       {"ec2.cn-north-1.vpce.amazonaws.com.cn"}},
      {"com.amazonaws.cn-north-1.kinesis-firehose",
       {"firehose.cn-north-1.amazonaws.com.cn"},
       {"firehose.cn-north-1.vpce.amazonaws.com.cn"}},
      {"cn.com.amazonaws.cn-north-1.new.api",
       {"api.new.cn-north-1.amazonaws.com.cn"},
       {"api.new.cn-north-1.vpce.amazonaws.com.cn"}},
      {"com.amazonaws.cn-north-1.transcribe.cn",
       {"cn.transcribe.cn-north-1.amazonaws.com.cn"},
       {"cn.transcribe.cn-north-1.vpce.amazonaws.com.cn"}},
      {"cn.com.amazonaws.vpce.cn-north-1.vpce-svc-0a1b2c3d4e5f60718",
       {},
       {"vpce-svc-0a1b2c3d4e5f60718.cn-north-1.vpce.amazonaws.com.cn"}}};
  expect("cn-north-1", china);
  for (const Case& each : china) EXPECT_NE(service_kind(each.service), ServiceKind::None);
  EXPECT_EQ(service_label("cn.com.amazonaws.cn-north-1.execute-api"), "execute-api");
  EXPECT_TRUE(is_listed_service("cn.com.amazonaws.cn-north-1.execute-api"));
  EXPECT_EQ(rest_api_domain("cn-north-1"), "execute-api.cn-north-1.amazonaws.com.cn");
  expect("us-gov-west-1", {{"com.amazonaws.us-gov-west-1.lambda",
                            {"lambda.us-gov-west-1.amazonaws.com", "lambda.us-gov-west-1.api.aws"},
                            {"lambda.us-gov-west-1.vpce.amazonaws.com"}}});
  expect("us-isof-south-1",
         {{"gov.ic.hci.csp.us-isof-south-1.ebs",
           {"ebs.us-isof-south-1.csp.hci.ic.gov", "ebs.us-isof-south-1.api.aws.hci.ic.gov"},
           {"ebs.us-isof-south-1.vpce.csp.hci.ic.gov"}}});
  expect("eusc-de-east-1", {{"com.amazonaws.eusc-de-east-1.kms",
                             {"kms.eusc-de-east-1.amazonaws.eu"},
                             {"kms.eusc-de-east-1.vpce.amazonaws.eu"}}});
  for (const char* wrong : {"com.amazonaws.REGION.kms", "cn.com.amazonaws.eu-west-1.ec2",
                            "gov.ic.hci.csp.cn-north-1.ec2", "cn.cn-north-1.ec2"}) {
    EXPECT_EQ(service_kind(wrong), ServiceKind::None) << wrong;
    EXPECT_EQ(service_label(wrong), "") << wrong;
  }
}

TEST(ServiceNames, AreThoseThatTheEndpointBringsAlong) {
  VpcEndpoint given = endpoint("com.amazonaws.eu-west-1.kms");
  given.private_dns_names = {"KMS.example.com.", "*.keys.example.com"};
  EndpointDnsNames names = endpoint_dns_names(given, "eu-west-1");
  EXPECT_EQ(names.private_names, (Names{"kms.example.com", "*.keys.example.com"}));
  EXPECT_EQ(names.endpoint_domains, Names{"kms.eu-west-1.vpce.amazonaws.com"});
  given.base_endpoint_dns_names = {"keys.vpce.example.com"};
  names = endpoint_dns_names(given, "eu-west-1");
  EXPECT_EQ(names.endpoint_domains, Names{"keys.vpce.example.com"});
}

TEST(ServiceNames, HaveAForm) {
  struct Form {
    const char* name;
    ServiceKind kind;
    const char* region;
    const char* label;
  };
  constexpr ServiceKind kNone = ServiceKind::None;
  constexpr ServiceKind kAws = ServiceKind::Aws;
  const Form forms[] = {
      {"com.amazonaws.eu-west-1.execute-api", kAws, "eu-west-1", "execute-api"},
      {"com.amazonaws.us-gov-east-1.ecr.api", kAws, "us-gov-east-1", "ecr.api"},
      {"com.amazonaws.s3-global.accesspoint", kAws, "", ""},
      {"aws.sagemaker.eu-west-1.notebook", kAws, "eu-west-1", ""},
      {"aws.sagemaker.eu-west-1.other", kNone, "eu-west-1", ""},
      {"com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f60718", ServiceKind::OtherAccount,
       "eu-west-1", ""},
      {"com.amazonaws.vpce.eu-west-1.vpce-svc-x", kNone, "eu-west-1", ""},
      {"com.amazonaws.eu-west-1.", kNone, "eu-west-1", ""},
      {"com.amazonaws.eu-west-1", kNone, "eu-west-1", ""},
      {"com.amazonaws.eu-west-1.KMS", kNone, "eu-west-1", "KMS"},
      {"com.amazonaws.euwest1.execute-api", kNone, "", ""},
      {"com.amazonaws..execute-api", kNone, "", ""},
      {"execute-api", kNone, "", ""},
      {"", kNone, "", ""},
      {"# The services", kNone, "", ""},
  };
  for (const Form& each : forms) {
    EXPECT_EQ(service_kind(each.name), each.kind) << each.name;
    EXPECT_EQ(service_region(each.name), each.region) << each.name;
    EXPECT_EQ(service_label(each.name), each.label) << each.name;
  }
}

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
