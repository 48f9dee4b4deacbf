// SPDX-License-Identifier: Apache-2.0
#include "call_authorization.h"

#include <memory>
#include <optional>
#include <string>

#include "gateway_support.h"
#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

using topology::GatewayResponseType;

struct Asked {
  std::string method = "GET";
  std::string target = "/DemoStage/hello";
  std::string authority = kHost;
  http::Fields fields = {};
  std::string endpoint = kEndpoint;
};

class CallAuthorizationTest : public testing::Test {
 protected:
  std::optional<Refused> ask(const Asked& asked, const topology::Topology& topology) {
    call = std::make_unique<Call>();
    call->state = build(topology);
    call->request.method = asked.method;
    call->request.target = asked.target;
    call->request.authority = asked.authority;
    call->request.fields = asked.fields;
    call->path = split_target(call->request.target);
    call->source = IpAddress::parse("172.31.6.137").value();
    call->endpoint = call->state->find_endpoint(asked.endpoint);
    return authorize(*call, {1619354254000, 1000}, throttle, policy::RefusalWording::Current);
  }
  std::optional<Refused> ask(const Asked& asked) { return ask(asked, small_topology()); }

  // Returns the gateway response's type, `Forbidden` for the fixed one, "" for an authorized call.
  std::string outcome(const Asked& asked, const topology::Topology& topology) {
    const auto refused = ask(asked, topology);
    if (!refused) return "";
    if (const auto* type = std::get_if<GatewayResponseType>(&refused->response)) {
      return std::string(topology::to_text(*type));
    }
    switch (std::get<FixedResponse>(refused->response)) {
      case FixedResponse::Forbidden:
        return "Forbidden";
      case FixedResponse::UriTooLong:
        return "UriTooLong";
      case FixedResponse::IncompleteSignature:
        return "IncompleteSignature";
      case FixedResponse::ClientClosedRequest:
        return "ClientClosedRequest";
      case FixedResponse::ServiceUnavailable:
        return "ServiceUnavailable";
    }
    return "?";
  }
  std::string outcome(const Asked& asked) { return outcome(asked, small_topology()); }

  Throttle throttle{{1e9, 1'000'000}};
  std::unique_ptr<Call> call;
};

TEST_F(CallAuthorizationTest, AuthorizesACallAndResolvesIt) {
  EXPECT_FALSE(ask({.target = "/DemoStage/pets/7?x=1"}));
  const CallContext& context = call->context;
  EXPECT_EQ(context.http_method, "GET");
  EXPECT_EQ(context.domain_name, kHost);
  EXPECT_EQ(context.domain_prefix, kApi);
  EXPECT_EQ(context.account_id, "123456789012");
  EXPECT_EQ(context.api_id, kApi);
  EXPECT_EQ(context.stage, "DemoStage");
  EXPECT_EQ(context.deployment_id, "k3j9zx");
  EXPECT_EQ(context.resource_id, "aaaaa3");
  EXPECT_EQ(context.resource_path, "/pets/{petId}");
  ASSERT_EQ(call->route.parameters.size(), 1U);
  EXPECT_EQ(call->route.parameters[0].value, "7");
}

TEST_F(CallAuthorizationTest, ForbidsOtherApis) {
  for (const char* authority :
       {"bbbbbbbbbb.execute-api.eu-west-1.amazonaws.com", "127.0.53.11:8443", "example.com", "",
        "aaaaaaaaaa.execute-api.eu-west-1.amazonaws.com"}) {
    EXPECT_EQ(outcome({.authority = authority}), "Forbidden") << authority;
  }
  EXPECT_EQ(outcome({.fields = {{"x-apigw-api-id", kPublicApi}}}), "Forbidden");
  EXPECT_EQ(outcome({.endpoint = "vpce-00000000000000000"}), "Forbidden");
}

TEST_F(CallAuthorizationTest, ForbidsAStageThatIsNotThere) {
  for (const char* target : {"/", "/Stage/hello", "/demostage/hello", "*"}) {
    EXPECT_EQ(outcome({.target = target}), "Forbidden") << target;
  }
}

TEST_F(CallAuthorizationTest, MissesAMethodBeforeItAsksThePolicy) {
  for (const char* target : {"/DemoStage", "/DemoStage/", "/DemoStage/nothing"}) {
    EXPECT_EQ(outcome({.target = target}), "MISSING_AUTHENTICATION_TOKEN") << target;
  }
  EXPECT_EQ(outcome({.method = "POST"}), "MISSING_AUTHENTICATION_TOKEN");
  EXPECT_EQ(outcome({.method = "POST", .endpoint = kOtherEndpoint}),
            "MISSING_AUTHENTICATION_TOKEN");
}

TEST_F(CallAuthorizationTest, ParsesAnAuthorizationWithoutASignature) {
  const Asked asked{.target = "/DemoStage/nothing", .fields = {{"Authorization", "Bearer xyz"}}};
  EXPECT_EQ(outcome(asked), "IncompleteSignature");
  EXPECT_EQ(ask(asked)->message,
            "'xyz' not a valid key=value pair (missing equal-sign) in Authorization header: "
            "'Bearer xyz'.");
  EXPECT_EQ(outcome({.target = "/DemoStage/nothing",
                     .fields = {{"Authorization", "AWS4-HMAC-SHA256 Credential=x"}}}),
            "MISSING_AUTHENTICATION_TOKEN");
  EXPECT_EQ(outcome({.fields = {{"Authorization", "Bearer xyz"}}}), "");
}

TEST_F(CallAuthorizationTest, AsksTheResourcePolicy) {
  EXPECT_EQ(outcome({.target = "/DemoStage/denied"}), "ACCESS_DENIED");
  const std::string user =
      "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
      "arn:aws:execute-api:eu-west-1:********9012:dligg9dxuk/DemoStage/GET/";
  EXPECT_EQ(ask({.target = "/DemoStage/denied"})->message,
            user + "denied with an explicit deny in a resource-based policy");
  EXPECT_EQ(ask({.endpoint = kOtherEndpoint})->message,
            user + "hello because no resource-based policy allows the execute-api:Invoke action");
}

TEST_F(CallAuthorizationTest, RefusesEveryCallOfAnApiWithoutAPolicy) {
  auto topology = small_topology();
  topology.rest_apis[0].policy = "";
  EXPECT_EQ(outcome({}, topology), "ACCESS_DENIED");
}

TEST_F(CallAuthorizationTest, AsksTheEndpointsPolicyFirst) {
  auto topology = small_topology();
  topology.vpc_endpoints[0].policy =
      R"({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*",
          "Resource": "arn:aws:execute-api:eu-west-1:123456789012:other/*"}]})";
  const auto refused = ask({.target = "/NoStage/hello"}, topology);
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->message.find("because no VPC endpoint policy allows"), std::string::npos)
      << refused->message;
  topology.vpc_endpoints[0].policy =
      R"({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})";
  EXPECT_EQ(outcome({}, topology), "");
}

TEST_F(CallAuthorizationTest, LetsAHeaderOverrideTheMethod) {
  EXPECT_EQ(outcome({.method = "POST", .fields = {{"X-HTTP-Method-Override", "get"}}}), "");
  EXPECT_EQ(call->context.http_method, "GET");
  EXPECT_EQ(outcome({.method = "GET", .fields = {{"X-HTTP-Method-Override", "G T"}}}), "");
}

TEST_F(CallAuthorizationTest, ThrottlesByMethodAndStage) {
  auto topology = small_topology();
  topology.rest_apis[0].stages[0].method_settings = {{"/hello", "GET", 1.0, 2}, {"*", "*", 1.0, 1}};
  EXPECT_EQ(outcome({}, topology), "");
  EXPECT_EQ(outcome({}, topology), "");
  EXPECT_EQ(outcome({}, topology), "THROTTLED");
  EXPECT_EQ(outcome({.target = "/DemoStage/pets/1"}, topology), "");
  EXPECT_EQ(outcome({.target = "/DemoStage/pets/1"}, topology), "THROTTLED");
  // with a limit for all methods each has its own bucket
  topology.rest_apis[0].resources.push_back({"aaaaa4", "/more", {mock_method("GET", "")}});
  EXPECT_EQ(outcome({.target = "/DemoStage/more"}, topology), "");
}

TEST_F(CallAuthorizationTest, RefusesAnArnThatIsTooLong) {
  EXPECT_EQ(outcome({.target = "/DemoStage/pets/" + std::string(1500, 'x')}), "");
  EXPECT_EQ(outcome({.target = "/DemoStage/pets/" + std::string(1600, 'x')}), "UriTooLong");
}

TEST(GatewayState, NamesThePolicyThatCannotBeRead) {
  auto topology = small_topology();
  topology.rest_apis[0].policy = "{\n\"Statement\": 1}";
  topology.vpc_endpoints[1].policy = "[]";
  topology.vpc_endpoints[1].policy_file = "/etc/endpoint.json";
  const auto state = GatewayState::build(topology, "test.toml");
  ASSERT_FALSE(state);
  ASSERT_EQ(state.error().size(), 2U);
  EXPECT_EQ(state.error()[0].to_text().rfind("/etc/endpoint.json:1:1: ", 0), 0U)
      << state.error()[0].to_text();
  EXPECT_EQ(state.error()[1].to_text().rfind("test.toml: rest_api.hello.policy:2:", 0), 0U)
      << state.error()[1].to_text();
}

}  // namespace
}  // namespace inlet53::gateway
