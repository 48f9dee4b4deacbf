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
}

TEST(Partition, HasADomainForItsNames) {
  EXPECT_EQ(dns_suffix_of("eu-west-1"), "amazonaws.com");
  EXPECT_EQ(dns_suffix_of("us-gov-east-1"), "amazonaws.com");
  EXPECT_EQ(dns_suffix_of("cn-northwest-1"), "amazonaws.com.cn");
  EXPECT_EQ(dns_suffix_of("us-iso-east-1"), "c2s.ic.gov");
  EXPECT_EQ(dns_suffix_of("us-isob-east-1"), "sc2s.sgov.gov");
}

}  // namespace
}  // namespace inlet53
