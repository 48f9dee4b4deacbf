// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/aws_names.h"

#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace inlet53 {

namespace {

TEST(Ids, KnowTheirShape) {
  EXPECT_TRUE(has_shape("vpc-0c00ca6aa29c8472f", id_shape::kVpc));
  EXPECT_TRUE(has_shape("vpc-1a2b3c4d", id_shape::kVpc));
  EXPECT_TRUE(has_shape("rslvr-in-a7dd746257784e148", id_shape::kInboundEndpoint));
  EXPECT_TRUE(has_shape("dligg9dxuk", id_shape::kRestApi));
  EXPECT_FALSE(has_shape("vpc-0c00ca6aa29c8472", id_shape::kVpc));
  EXPECT_FALSE(has_shape("vpc-0c00ca6aa29c8472g", id_shape::kVpc));
  EXPECT_FALSE(has_shape("VPC-0c00ca6aa29c8472f", id_shape::kVpc));
  EXPECT_FALSE(has_shape("rslvr-in-a7dd7462", id_shape::kInboundEndpoint));
  EXPECT_FALSE(has_shape("dligg9dxu-", id_shape::kRestApi));
  EXPECT_FALSE(has_shape("", id_shape::kRestApi));
}

TEST(Ids, AreGeneratedInShapeAndStable) {
  std::set<std::string> seen;
  for (const IdShape& shape :
       {id_shape::kVpc, id_shape::kSubnet, id_shape::kInboundEndpoint,
        id_shape::kResolverNetworkInterface, id_shape::kRestApi, id_shape::kVpcEndpointSuffix}) {
    for (const char* seed : {"vpc.demo", "vpc.other", ""}) {
      const std::string id = generate_id(shape, seed);
      EXPECT_TRUE(has_shape(id, shape)) << id;
      EXPECT_EQ(id, generate_id(shape, seed));
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
  }
  // Fixed values: a new release must not rename the objects of users.
  EXPECT_EQ(generate_id(id_shape::kVpc, "vpc.demo"), "vpc-0489439b40214fa90");
}

TEST(Ids, DescribeThemselves) {
  EXPECT_EQ(describe(id_shape::kVpc), "vpc- and 17 (or 8) of 0-9a-f");
  EXPECT_EQ(describe(id_shape::kRestApi), "10 of a-z0-9");
}

TEST(Partition, FollowsTheRegion) {
  EXPECT_EQ(partition_of("eu-west-1"), "aws");
  EXPECT_EQ(partition_of("cn-north-1"), "aws-cn");
  EXPECT_EQ(partition_of("us-gov-east-1"), "aws-us-gov");
  EXPECT_EQ(partition_of("us-iso-east-1"), "aws-iso");
  EXPECT_EQ(partition_of("us-isob-east-1"), "aws-iso-b");
  EXPECT_EQ(partition_of("eu-isoe-west-1"), "aws-iso-e");
  EXPECT_EQ(partition_of("us-isof-south-1"), "aws-iso-f");
  EXPECT_EQ(partition_of("eusc-de-east-1"), "aws-eusc");
  EXPECT_EQ(partition_of("us-east-1"), "aws");
  EXPECT_EQ(partition_of("ca-west-1"), "aws");
  EXPECT_EQ(partition_of(""), "aws");
}

TEST(Partition, HasADomainForItsNames) {
  EXPECT_EQ(dns_suffix_of("eu-west-1"), "amazonaws.com");
  EXPECT_EQ(dns_suffix_of("us-gov-east-1"), "amazonaws.com");
  EXPECT_EQ(dns_suffix_of("cn-northwest-1"), "amazonaws.com.cn");
  EXPECT_EQ(dns_suffix_of("us-iso-east-1"), "c2s.ic.gov");
  EXPECT_EQ(dns_suffix_of("us-isob-east-1"), "sc2s.sgov.gov");
  EXPECT_EQ(dns_suffix_of("eu-isoe-west-1"), "cloud.adc-e.uk");
  EXPECT_EQ(dns_suffix_of("us-isof-south-1"), "csp.hci.ic.gov");
  EXPECT_EQ(dns_suffix_of("eusc-de-east-1"), "amazonaws.eu");
}

TEST(Partition, HasADomainForNamesWithAddressesOfBothFamilies) {
  EXPECT_EQ(dual_stack_suffix_of("eu-west-1"), "api.aws");
  EXPECT_EQ(dual_stack_suffix_of("us-gov-west-1"), "api.aws");
  EXPECT_EQ(dual_stack_suffix_of("cn-north-1"), "api.amazonwebservices.com.cn");
  EXPECT_EQ(dual_stack_suffix_of("eusc-de-east-1"), "api.amazonwebservices.eu");
}

TEST(Partition, KnowsTheRegionsOfAws) {
  for (const char* region : {"us-east-1", "eu-west-1", "cn-northwest-1", "us-gov-west-1",
                             "us-isof-south-1", "eusc-de-east-1", "ap-southeast-7"}) {
    EXPECT_TRUE(is_aws_region(region)) << region;
  }
  for (const char* region : {"", "eu-west-4", "EU-WEST-1", "aws-global", "us-east-1a"}) {
    EXPECT_FALSE(is_aws_region(region)) << region;
  }
  EXPECT_EQ(nearest_aws_region("eu-wset-1"), "eu-west-1");
  EXPECT_EQ(nearest_aws_region("nowhere-1"), "");
}

}  // namespace

}  // namespace inlet53
