// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/request_target.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::gateway {

namespace {

constexpr const char* kRegion = "eu-west-1";
constexpr const char* kEndpoint = "vpce-0ac4147ba9386c9f7";

TEST(ApiReference, SplitsHosts) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"a.b", "a.b"},
      {"A.B:443", "a.b"},
      {"a.b.", "a.b"},
      {"a.b.:8443", "a.b"},
      {"127.0.0.1:80", "127.0.0.1"},
      {"[::1]:443", "[::1]"},
      {"[::1]", "[::1]"},
      {"", ""},
      {":443", ""},
  };
  for (const auto& [authority, host] : cases) EXPECT_EQ(host_of(authority), host) << authority;
}

struct Case {
  const char* authority;
  std::optional<std::string> header;
  std::optional<std::string> api;
};

TEST(ApiReference, FindsTheApiThatACallNames) {
  const std::optional<std::string> none;
  const std::optional<std::string> hello = "dligg9dxuk";
  const std::vector<Case> cases = {
      {"dligg9dxuk.execute-api.eu-west-1.amazonaws.com", none, hello},
      {"DLIGG9DXUK.Execute-API.eu-west-1.amazonaws.com:8443", none, hello},
      {"dligg9dxuk.execute-api.eu-west-1.amazonaws.com.", none, hello},
      {"dligg9dxuk-vpce-0ac4147ba9386c9f7.execute-api.eu-west-1.amazonaws.com", none, hello},
      // through another endpoint than the named one
      {"dligg9dxuk-vpce-0f1e2d3c4b5a69788.execute-api.eu-west-1.amazonaws.com", none, none},
      {"dligg9dxuk-vpce-.execute-api.eu-west-1.amazonaws.com", none, none},
      {"dligg9dxuk.execute-api.eu-west-2.amazonaws.com", none, none},
      {"dligg9dxuk.execute-api.eu-west-1.amazonaws.com.evil.example", none, none},
      {"a.dligg9dxuk.execute-api.eu-west-1.amazonaws.com", none, none},
      {"execute-api.eu-west-1.amazonaws.com", none, none},
      {"dligg9dxu.execute-api.eu-west-1.amazonaws.com", none, none},
      {"dligg9dxuk!.execute-api.eu-west-1.amazonaws.com", none, none},
      {"vpce-0ac4147ba9386c9f7-p7k2m9qx.execute-api.eu-west-1.vpce.amazonaws.com", none, none},
      {"127.0.53.11:8443", none, none},
      {"[::1]:8443", none, none},
      {"", none, none},
      // the header has priority over any Host
      {"vpce-0ac4147ba9386c9f7-p7k2m9qx.execute-api.eu-west-1.vpce.amazonaws.com", hello, hello},
      {"127.0.53.11", hello, hello},
      {"nlb.example.org", hello, hello},
      {"aaaaaaaaaa.execute-api.eu-west-1.amazonaws.com", hello, hello},
      {"dligg9dxuk.execute-api.eu-west-1.amazonaws.com", "", none},
      {"dligg9dxuk.execute-api.eu-west-1.amazonaws.com", "../etc", none},
      {"dligg9dxuk.execute-api.eu-west-1.amazonaws.com", "DLIGG9DXUK", none},
  };
  for (const Case& c : cases) {
    http::Fields fields = {{"Host", c.authority}};
    if (c.header) fields.push_back({"X-ApiGW-Api-Id", *c.header});
    EXPECT_EQ(referred_api(host_of(c.authority), fields, kRegion, kEndpoint), c.api)
        << c.authority << ' ' << c.header.value_or("");
  }
}

TEST(ApiReference, KnowsTheNamesOfChinasRegions) {
  const std::string api = "dligg9dxuk";
  const auto find = [](const char* host) {
    return referred_api(host, {}, "cn-north-1", kEndpoint);
  };
  EXPECT_EQ(find("dligg9dxuk.execute-api.cn-north-1.amazonaws.com.cn"), api);
  EXPECT_EQ(find("dligg9dxuk-vpce-0ac4147ba9386c9f7.execute-api.cn-north-1.amazonaws.com.cn"), api);
  EXPECT_EQ(find("dligg9dxuk.execute-api.cn-north-1.amazonaws.com"), std::nullopt);
  EXPECT_EQ(find("dligg9dxuk.execute-api.cn-north-1xamazonaws.com.cn"), std::nullopt);
}

TEST(RequestPath, HasAStageAPathAndAQuery) {
  struct PathCase {
    std::string_view target, stage, path, context_path, query;
  };
  for (const PathCase& each : {
           PathCase{"/S/hello", "S", "/hello", "/S/hello", ""},
           {"/S/hello?a=b", "S", "/hello", "/S/hello", "a=b"},
           {"/S/hello/", "S", "/hello/", "/S/hello/", ""},
           {"/S", "S", "/", "/S", ""},
           {"/S/", "S", "/", "/S/", ""},
           {"/S?a", "S", "/", "/S", "a"},
           {"/S/?a?b", "S", "/", "/S/", "a?b"},
           {"/S//x", "S", "/x", "/S//x", ""},
           {"/S///x//y", "S", "/x//y", "/S///x//y", ""},
           {"/S//", "S", "/", "/S//", ""},
           {"//S/x", "S", "/x", "/S/x", ""},
           {"///S//x/", "S", "/x/", "/S//x/", ""},
           {"/S/a%2Fb/c+d", "S", "/a%2Fb/c+d", "/S/a%2Fb/c+d", ""},
           {"/%53/x", "%53", "/x", "/%53/x", ""},
           {"/", "", "/", "/", ""},
           {"//", "", "/", "/", ""},
           {"/?a", "", "/", "/", "a"},
           {"*", "", "/", "/", ""},
           {"", "", "/", "/", ""},
       }) {
    const RequestPath parts = split_target(each.target);
    EXPECT_EQ(parts.stage, each.stage) << each.target;
    EXPECT_EQ(parts.path, each.path) << each.target;
    EXPECT_EQ(parts.context_path, each.context_path) << each.target;
    EXPECT_EQ(parts.query, each.query) << each.target;
  }
}

}  // namespace

}  // namespace inlet53::gateway
