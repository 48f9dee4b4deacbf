// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/gateway/gateway_state.h"
#include "inlet53/topology/topology.h"

namespace inlet53::gateway {

inline constexpr const char* kApi = "dligg9dxuk";
inline constexpr const char* kPublicApi = "aaaaaaaaaa";
inline constexpr const char* kEndpoint = "vpce-0ac4147ba9386c9f7";
inline constexpr const char* kOtherEndpoint = "vpce-0f1e2d3c4b5a69788";
inline constexpr const char* kHost = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com";

/// Policy that allows all callers through kEndpoint, and denies /DemoStage/GET/denied to all.
inline constexpr const char* kPolicy = R"({"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
   "Resource": "execute-api:/*",
   "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0ac4147ba9386c9f7"}}},
  {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke",
   "Resource": "execute-api:/DemoStage/GET/denied"}]})";

inline topology::Method mock_method(std::string http_method, std::string body) {
  topology::Method method;
  method.http_method = std::move(http_method);
  method.integration.type = topology::IntegrationType::Mock;
  method.integration.responses = {{200, {{"X-Mock", "yes"}}, std::move(body)}};
  return method;
}

/// Returns one VPC, two execute-api endpoints, a private API with mocks at /hello, /denied and
/// /pets/{petId}, and a public API. Tests change it before they build the state.
inline topology::Topology small_topology() {
  topology::Topology t;
  t.vpcs.push_back({.name = "demo",
                    .id = "vpc-0c00ca6aa29c8472f",
                    .region = "eu-west-1",
                    .account_id = "123456789012",
                    .cidr_blocks = {}});
  for (const char* id : {kEndpoint, kOtherEndpoint}) {
    topology::VpcEndpoint endpoint;
    endpoint.name = id;
    endpoint.id = id;
    endpoint.vpc = t.vpcs[0].id;
    endpoint.service_name = "com.amazonaws.eu-west-1.execute-api";
    t.vpc_endpoints.push_back(endpoint);
  }
  topology::RestApi api;
  api.name = "hello";
  api.id = kApi;
  api.region = "eu-west-1";
  api.account_id = "123456789012";
  api.policy = kPolicy;
  topology::Stage stage;
  stage.name = "DemoStage";
  stage.deployment_id = "k3j9zx";
  stage.variables = {{"greeting", "hello"}};
  api.stages = {stage};
  api.resources = {{"aaaaa1", "/hello", {mock_method("GET", "$stageVariables.greeting")}},
                   {"aaaaa2", "/denied", {mock_method("GET", "never")}},
                   {"aaaaa3", "/pets/{petId}", {mock_method("ANY", "a pet")}}};
  t.rest_apis = {api};
  api.name = "public";
  api.id = kPublicApi;
  api.endpoint_type = topology::ApiEndpointType::Regional;
  t.rest_apis.push_back(api);
  return t;
}

inline std::shared_ptr<const GatewayState> build(const topology::Topology& topology) {
  auto state = GatewayState::build(topology, "test.toml");
  EXPECT_TRUE(state) << state.error()[0].to_text();
  return std::move(*state);
}

/// Builds the state with open logs.
inline std::shared_ptr<const GatewayState> build(const topology::Topology& topology,
                                                 linelog::LineLogs& logs) {
  auto state = GatewayState::build(topology, "test.toml");
  EXPECT_TRUE(state) << state.error()[0].to_text();
  const auto opened = (*state)->open_logs(logs);
  EXPECT_TRUE(opened) << opened.error();
  return std::move(*state);
}

}  // namespace inlet53::gateway
