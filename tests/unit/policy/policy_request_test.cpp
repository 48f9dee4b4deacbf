// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_request.h"

#include <gtest/gtest.h>

namespace inlet53::policy {
namespace {

const ApiIdentity kApi{"eu-west-1", "123456789012", "dligg9dxuk"};

std::string only(const PolicyRequest& request, std::string_view folded_key) {
  const auto* values = request.keys.find(folded_key);
  return values != nullptr && values->size() == 1 ? values->front() : "(none)";
}

TEST(PolicyRequest, NamesTheMethodByItsArn) {
  const auto arn = [](std::string_view method, std::string_view path) {
    return make_policy_request(kApi, "Stage", method, path, {}).resource;
  };
  const std::string start = "arn:aws:execute-api:eu-west-1:123456789012:dligg9dxuk/Stage/";
  EXPECT_EQ(arn("get", "/hello"), start + "GET/hello");
  EXPECT_EQ(arn("GET", "/"), start + "GET/");
  EXPECT_EQ(arn("GET", ""), start + "GET/");
  EXPECT_EQ(arn("PUT", "//a%20b/"), start + "PUT//a%20b/");
}

TEST(PolicyRequest, FollowsTheRegionIntoItsPartition) {
  EXPECT_EQ(api_arn({"cn-north-1", "123456789012", "a"}),
            "arn:aws-cn:execute-api:cn-north-1:123456789012:a");
}

TEST(PolicyRequest, HasTheKeysOfACallByAnEndpoint) {
  Caller caller;
  caller.address = IpAddress::parse("10.0.12.7").value();
  caller.vpc_endpoint = "vpce-0a";
  caller.vpc = "vpc-0a";
  caller.wall_seconds = 1795359600;
  const PolicyRequest request = make_policy_request(kApi, "Stage", "GET", "/", caller);
  EXPECT_EQ(only(request, "aws:vpcsourceip"), "10.0.12.7");
  EXPECT_EQ(only(request, "aws:sourcevpce"), "vpce-0a");
  EXPECT_EQ(only(request, "aws:sourcevpc"), "vpc-0a");
  EXPECT_EQ(only(request, "aws:currenttime"), "2026-11-22T15:00:00Z");
  EXPECT_EQ(only(request, "aws:epochtime"), "1795359600");
  EXPECT_EQ(only(request, "aws:securetransport"), "true");
  for (const char* absent : {"aws:sourceip", "aws:useragent", "aws:referer", "aws:userid",
                             "aws:principaltype", "aws:username"}) {
    EXPECT_EQ(request.keys.find(absent), nullptr) << absent;
  }
}

TEST(PolicyRequest, HasTheAddressOfACallFromElsewhereAsSourceIp) {
  Caller caller;
  caller.address = IpAddress::parse("192.0.2.1").value();
  caller.secure_transport = false;
  caller.user_agent = "curl/8.5";
  caller.referer = "https://example.com/";
  const PolicyRequest request = make_policy_request(kApi, "Stage", "GET", "/", caller);
  EXPECT_EQ(only(request, "aws:sourceip"), "192.0.2.1");
  EXPECT_EQ(only(request, "aws:securetransport"), "false");
  EXPECT_EQ(only(request, "aws:useragent"), "curl/8.5");
  EXPECT_EQ(only(request, "aws:referer"), "https://example.com/");
  EXPECT_EQ(request.keys.find("aws:vpcsourceip"), nullptr);
  EXPECT_EQ(request.keys.find("aws:sourcevpce"), nullptr);
}

TEST(PolicyRequest, HasTheWantedKeysOnly) {
  Caller caller;
  caller.vpc_endpoint = "vpce-0a";
  caller.user_agent = "curl";
  CallKeys wanted;
  wanted.add("aws:sourcevpce");
  wanted.add("aws:referer");  // a key that the call does not have
  wanted.add("aws:tagkeys");  // a key that no call has
  const PolicyRequest request = make_policy_request(kApi, "Stage", "GET", "/", caller, wanted);
  ASSERT_EQ(request.keys.entries().size(), 1U);
  EXPECT_EQ(request.keys.entries()[0].key, "aws:SourceVpce");
}

TEST(ConditionKeys, KeepSeveralValuesUnderOneKeyInAnyCase) {
  ConditionKeys keys;
  keys.add("aws:TagKeys", "a");
  keys.add("AWS:tagkeys", "b");
  ASSERT_EQ(keys.entries().size(), 1U);
  EXPECT_EQ(keys.entries()[0].key, "aws:TagKeys");
  EXPECT_EQ(*keys.find("aws:tagkeys"), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace inlet53::policy
