// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/gateway_state.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway_support.h"
#include <gtest/gtest.h>

#include "inlet53/gateway/call_context.h"

namespace inlet53::gateway {
namespace {

constexpr const char* kRegion = "eu-west-1";

topology::NetworkInterface interface_at(const std::string& listen) {
  topology::NetworkInterface interface;
  interface.address = IpAddress::parse("10.0.12.179").value();
  interface.listen = SocketAddress::parse(listen).value();
  return interface;
}

//--- Endpoints and addresses

TEST(GatewayState, ServesTheInterfacesOfItsServiceAlone) {
  topology::Topology t = small_topology();
  t.vpc_endpoints[0].network_interfaces = {interface_at("127.0.0.1:8443"),
                                           interface_at("127.0.0.2:8443")};
  topology::VpcEndpoint other;
  other.name = other.id = "vpce-0aaaaaaaaaaaaaaaa";
  other.service_name = "com.amazonaws.eu-west-1.s3";
  other.network_interfaces = {interface_at("127.0.0.3:8443")};
  t.vpc_endpoints.push_back(other);

  const auto state = build(t);
  ASSERT_EQ(state->addresses().size(), 2U);
  EXPECT_EQ(state->addresses()[0].listen.to_text(), "127.0.0.1:8443");
  EXPECT_EQ(state->addresses()[1].listen.to_text(), "127.0.0.2:8443");
  EXPECT_EQ(state->addresses()[0].vpc_endpoint, kEndpoint);
  EXPECT_EQ(state->find_endpoint(other.id), nullptr);
  ASSERT_NE(state->find_endpoint(kEndpoint), nullptr);
  EXPECT_EQ(state->find_endpoint(kEndpoint)->region, kRegion);
  EXPECT_EQ(state->find_endpoint(kEndpoint)->vpc, t.vpcs[0].id);
}

TEST(GatewayState, AllowsTheSourcesOfSecurityGroups) {
  topology::Topology t = small_topology();
  t.vpc_endpoints[0].network_interfaces = {interface_at("127.0.0.1:8443")};
  t.vpc_endpoints[0].security_groups = {"sg-1"};
  topology::SecurityGroup group;
  group.name = group.id = "sg-1";
  const auto rule = [](uint16_t port, const char* cidr) {
    return topology::SecurityGroupRule{.protocol = topology::IpProtocol::Tcp,
                                       .from_port = port,
                                       .to_port = port,
                                       .source = Cidr::parse(cidr).value(),
                                       .description = {}};
  };
  group.ingress = {rule(443, "10.1.0.0/16"), rule(80, "10.2.0.0/16")};
  t.security_groups = {group};

  const auto state = build(t);
  ASSERT_EQ(state->addresses().size(), 1U);
  const CidrSet& sources = state->addresses()[0].sources;
  EXPECT_TRUE(sources.contains(IpAddress::parse("10.1.2.3").value()));
  EXPECT_FALSE(sources.contains(IpAddress::parse("10.2.2.3").value()));
}

TEST(GatewayState, ReadsThePoliciesOfEndpoints) {
  topology::Topology t = small_topology();
  t.vpc_endpoints[0].policy =
      R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
          "Action": "*", "Resource": "*"}]})";
  const auto state = build(t);
  EXPECT_TRUE(state->find_endpoint(kEndpoint)->policy.has_value());
  EXPECT_FALSE(state->find_endpoint(kOtherEndpoint)->policy.has_value());
}

//--- APIs

TEST(GatewayState, FindsAnApiByItsIdAndRegion) {
  const auto state = build(small_topology());
  ASSERT_EQ(state->apis().size(), 2U);
  const ApiState* api = state->find_api(kApi, kRegion);
  ASSERT_NE(api, nullptr);
  EXPECT_EQ(api->api.name, "hello");
  EXPECT_EQ(api->account_bucket, "123456789012/eu-west-1");
  EXPECT_EQ(state->find_api(kApi, "us-east-1"), nullptr);
  EXPECT_EQ(state->find_api("nosuchapi0", kRegion), nullptr);
}

TEST(GatewayState, KeepsItsTopology) {
  // The topology is destroyed before calls use the state.
  auto t = std::make_unique<topology::Topology>(small_topology());
  const auto state = build(*t);
  t.reset();
  const ApiState* api = state->find_api(kApi, kRegion);
  const StageState* stage = api->find_stage("DemoStage");
  ASSERT_NE(stage, nullptr);
  EXPECT_EQ(stage->stage->deployment_id, "k3j9zx");
  EXPECT_EQ(api->find_stage("NoStage"), nullptr);
}

TEST(GatewayState, HasFunctionsAsTheyAre) {
  topology::Topology t = small_topology();
  topology::Function function;
  function.name = "hello";
  function.id = "arn:aws:lambda:eu-west-1:123456789012:function:hello";
  t.functions = {function};
  const auto state = build(t);
  ASSERT_EQ(state->functions().size(), 1U);
  EXPECT_EQ(state->functions()[0].id, function.id);
}

//--- Mocks

const MockResponse* mock_of(const GatewayState& state, const std::string& path) {
  const ApiState* api = state.find_api(kApi, kRegion);
  for (const topology::Resource& resource : api->api.resources) {
    if (resource.path == path) return api->find_mock(&resource.methods.at(0));
  }
  ADD_FAILURE() << path;
  return nullptr;
}

TEST(GatewayState, MakesTheResponsesOfMocks) {
  const auto state = build(small_topology());
  const MockResponse* mock = mock_of(*state, "/hello");
  ASSERT_NE(mock, nullptr);
  EXPECT_EQ(mock->status_code, 200);
  ASSERT_EQ(mock->headers.size(), 1U);
  EXPECT_EQ(mock->headers[0].name, "X-Mock");
  std::string body;
  mock->body.append_body(body, CallContext{}, {{"greeting", "good day"}});
  EXPECT_EQ(body, "good day");
}

TEST(GatewayState, TakesTheMockResponseOfTheStatusThatTheTemplateNames) {
  topology::Topology t = small_topology();
  topology::Integration& integration = t.rest_apis[0].resources[0].methods[0].integration;
  integration.request_template = R"({"statusCode": 404})";
  integration.responses = {{200, {}, "found"}, {404, {}, "missing"}};
  const auto found = build(t);
  ASSERT_NE(mock_of(*found, "/hello"), nullptr);
  EXPECT_EQ(mock_of(*found, "/hello")->status_code, 404);

  integration.request_template = R"({"statusCode": 500})";
  EXPECT_EQ(mock_of(*build(t), "/hello"), nullptr);
}

TEST(GatewayState, MakesNoMockOfOtherIntegrations) {
  topology::Topology t = small_topology();
  t.rest_apis[0].resources[0].methods[0].integration.type = topology::IntegrationType::HttpProxy;
  EXPECT_EQ(mock_of(*build(t), "/hello"), nullptr);
}

//--- Limits

std::shared_ptr<const GatewayState> state_with(std::vector<topology::MethodSettings> settings) {
  topology::Topology t = small_topology();
  t.rest_apis[0].stages[0].method_settings = std::move(settings);
  return build(t);
}

// Returns the limit of GET / with these settings.
std::optional<Throttle::Limit> limit_with(const topology::MethodSettings& settings) {
  const auto state = state_with({settings});
  const auto* found = state->find_api(kApi, kRegion)->stages.at(0).find_limit("/", "GET");
  return found == nullptr ? std::nullopt : std::optional(found->limit);
}

TEST(GatewayState, FindsAMethodsOwnLimitBeforeThatOfAllMethods) {
  topology::MethodSettings all;
  all.throttling_rate_limit = 10;
  all.throttling_burst_limit = 5;
  topology::MethodSettings own;
  own.resource_path = "/hello";
  own.http_method = "GET";
  own.throttling_rate_limit = 2;
  own.throttling_burst_limit = 1;
  const auto state = state_with({all, own});
  const StageState& stage = state->find_api(kApi, kRegion)->stages.at(0);
  EXPECT_EQ(stage.find_limit("/hello", "GET")->limit, (Throttle::Limit{2, 1}));
  EXPECT_EQ(stage.find_limit("/hello", "POST")->limit, (Throttle::Limit{10, 5}));
  EXPECT_EQ(limit_with(own), std::nullopt);
}

TEST(GatewayState, CompletesLimitsThatAreSetInPart) {
  topology::MethodSettings settings;
  settings.throttling_rate_limit = 20;
  EXPECT_EQ(limit_with(settings), (Throttle::Limit{20, 20}));
  settings.throttling_rate_limit = 0.5;  // a call every two seconds needs a burst of one
  EXPECT_EQ(limit_with(settings), (Throttle::Limit{0.5, 1}));
  settings.throttling_rate_limit = 0;
  EXPECT_EQ(limit_with(settings), (Throttle::Limit{0, 0}));
  settings.throttling_rate_limit.reset();
  settings.throttling_burst_limit = 7;
  EXPECT_EQ(limit_with(settings), (Throttle::Limit{1e9, 7}));
  settings.throttling_burst_limit.reset();
  EXPECT_EQ(limit_with(settings), std::nullopt);
}

//--- Logs

class GatewayStateLogs : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder.data()), nullptr); }
  void TearDown() override {
    logs.close(std::chrono::minutes(1));  // its thread creates files again that were removed
    std::filesystem::remove_all(folder);
  }

  topology::Topology with_logs(const std::string& access, const std::string& execution) const {
    topology::Topology t = small_topology();
    for (topology::RestApi& api : t.rest_apis) {
      api.stages[0].access_log = {.file = access.empty() ? "" : folder + access, .format = "x"};
      api.stages[0].execution_log = execution.empty() ? "" : folder + execution;
    }
    return t;
  }
  static const StageState& stage(const GatewayState& state) {
    return state.find_api(kApi, kRegion)->stages.at(0);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder = "/tmp/inlet53-state-XXXXXX";
  linelog::LineLogs logs{{}};
};

TEST_F(GatewayStateLogs, OpensThoseThatStagesName) {
  const auto state = build(with_logs("/below/access.log", ""), logs);
  EXPECT_EQ(stage(*state).execution_lines, nullptr);
  stage(*state).access_lines->append("line");
  EXPECT_TRUE(logs.close(std::chrono::minutes(1)));
  EXPECT_EQ(read("/below/access.log"), "line\n");
}

TEST_F(GatewayStateLogs, SharesAFileBetweenStagesAndStates) {
  const auto state = build(with_logs("/all.log", "/all.log"), logs);
  const auto lines = stage(*state).access_lines;
  EXPECT_EQ(stage(*state).execution_lines, lines);
  EXPECT_EQ(state->find_api(kPublicApi, kRegion)->stages.at(0).access_lines, lines);
  EXPECT_EQ(stage(*build(with_logs("/all.log", ""), logs)).access_lines, lines);
}

TEST_F(GatewayStateLogs, KeepsTheLogOfAStateThatCallsHold) {
  auto before = build(with_logs("/old.log", ""), logs);
  const auto after = build(with_logs("/new.log", ""), logs);
  stage(*before).access_lines->append("a call that began before");
  stage(*after).access_lines->append("a call that began after");
  before.reset();
  EXPECT_TRUE(logs.close(std::chrono::minutes(1)));
  EXPECT_EQ(read("/old.log"), "a call that began before\n");
  EXPECT_EQ(read("/new.log"), "a call that began after\n");
  EXPECT_EQ(logs.counts().written, 2U);
}

TEST_F(GatewayStateLogs, NamesTheLogThatCannotBeOpened) {
  auto state = GatewayState::build(with_logs("/access.log", "/"), "test.toml");
  ASSERT_TRUE(state);
  const auto opened = (*state)->open_logs(logs);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), folder + "/: cannot be opened: Is a directory");
}

//--- Errors

TEST(GatewayState, NamesThePlaceOfEachFaultOfEachPolicy) {
  topology::Topology t = small_topology();
  t.rest_apis[0].policy = "{";
  t.rest_apis[1].policy = R"({"Version": "2012-10-17",
    "Statement": {"Effect": "Maybe", "Principal": "*", "Action": "*", "Resource": "*"}})";
  t.rest_apis[1].policy_file = "/etc/inlet53/public.json";
  t.vpc_endpoints[1].policy = "[]";
  const auto state = GatewayState::build(t, "test.toml");
  ASSERT_FALSE(state);
  ASSERT_GE(state.error().size(), 3U);
  const std::string endpoint = std::string("test.toml: vpc_endpoint.") + kOtherEndpoint + ".policy";
  EXPECT_EQ(state.error()[0].place, endpoint);
  EXPECT_EQ(state.error()[1].place, "test.toml: rest_api.hello.policy");
  EXPECT_EQ(state.error().back().place, "/etc/inlet53/public.json");
  EXPECT_TRUE(state.error().back().to_text().starts_with("/etc/inlet53/public.json:2:"))
      << state.error().back().to_text();
}

}  // namespace
}  // namespace inlet53::gateway
