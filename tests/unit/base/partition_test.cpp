// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/partition.h"

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

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
