// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/ids.h"

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

TEST(Uuid, IsRandomAndOfVersion4) {
  const std::regex shape("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    EXPECT_TRUE(std::regex_match(uuid, shape)) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(RandomHex, HasTheDigitsAskedFor) {
  EXPECT_EQ(random_hex(0), "");
  for (const size_t digits : {1U, 24U, 32U, 64U}) {
    const std::string hex = random_hex(digits);
    EXPECT_EQ(hex.size(), digits);
    EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

}  // namespace
}  // namespace inlet53
