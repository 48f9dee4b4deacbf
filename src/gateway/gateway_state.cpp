// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/gateway_state.h"

#include <algorithm>
#include <utility>

#include "inlet53/base/text.h"
#include "inlet53/topology/api_values.h"
#include "inlet53/topology/endpoint_access.h"
#include "inlet53/topology/endpoint_names.h"

namespace inlet53::gateway {

namespace {

constexpr std::string_view kService = "execute-api";
constexpr uint16_t kHttpsPort = 443;
constexpr std::string_view kAll = "*";

using Errors = std::vector<StateError>;

// Returns the place of a policy, for its errors: its own file, or a key of the configuration.
std::string policy_place(const std::string& policy_file, const std::string& config_file,
                         std::string_view kind, const std::string& name) {
  return policy_file.empty() ? concat(config_file, ": ", kind, '.', name, ".policy") : policy_file;
}

template <class Parsed>
std::optional<policy::ResourcePolicy> parsed_policy(Parsed parsed, const std::string& place,
                                                    Errors& errors) {
  if (parsed) return std::move(*parsed);
  for (const policy::PolicyError& error : parsed.error()) errors.push_back({place, error});
  return std::nullopt;
}

StageState make_stage(const topology::Stage& stage) {
  StageState out;
  out.stage = &stage;
  out.access_log = TextTemplate::parse(stage.access_log.format);
  for (const topology::MethodSettings& settings : stage.method_settings) {
    if (!settings.throttling_rate_limit && !settings.throttling_burst_limit) continue;
    // Without a burst limit, the burst is one second of the rate.
    const double rate = settings.throttling_rate_limit.value_or(1e9);
    const auto burst = settings.throttling_burst_limit.value_or(
        static_cast<uint32_t>(std::min(1e6, std::max(rate, rate > 0 ? 1.0 : 0.0))));
    out.limits.push_back({.resource_path = settings.resource_path,
                          .http_method = settings.http_method,
                          .limit = {rate, burst}});
  }
  return out;
}

std::optional<MockResponse> make_mock(const topology::Integration& integration) {
  const auto status = topology::mock_status_code(integration.request_template);
  if (!status) return std::nullopt;  // validation rejects such a template
  for (const topology::IntegrationResponse& response : integration.responses) {
    if (response.status_code != *status) continue;
    return MockResponse{*status, response.headers, TextTemplate::parse(response.template_text)};
  }
  return std::nullopt;
}

}  // namespace

//--- StageState, ApiState

const StageState::MethodLimit* StageState::find_limit(std::string_view resource_path,
                                                      std::string_view http_method) const noexcept {
  const auto find = [this](std::string_view path, std::string_view method) -> const MethodLimit* {
    for (const MethodLimit& limit : limits) {
      if (limit.resource_path == path && limit.http_method == method) return &limit;
    }
    return nullptr;
  };
  if (limits.empty()) return nullptr;
  const MethodLimit* own = find(resource_path, http_method);
  return own != nullptr ? own : find(kAll, kAll);
}

ApiState::ApiState(topology::RestApi given)
    : api(std::move(given)),
      identity{api.region, api.account_id, api.id},
      account_bucket(concat(api.account_id, '/', api.region)),
      router(api.resources),
      responses(api.gateway_responses) {
  for (const topology::Stage& stage : api.stages) stages.push_back(make_stage(stage));
  for (const topology::Resource& resource : api.resources) {
    for (const topology::Method& method : resource.methods) {
      if (method.integration.type != topology::IntegrationType::Mock) continue;
      if (auto mock = make_mock(method.integration)) mocks_.emplace(&method, std::move(*mock));
    }
  }
}

const StageState* ApiState::find_stage(std::string_view name) const noexcept {
  for (const StageState& stage : stages) {
    if (stage.stage->name == name) return &stage;
  }
  return nullptr;
}

const MockResponse* ApiState::find_mock(const topology::Method* method) const noexcept {
  const auto found = mocks_.find(method);
  return found == mocks_.end() ? nullptr : &found->second;
}

//--- GatewayState

Result<std::unique_ptr<GatewayState>, Errors> GatewayState::build(
    const topology::Topology& topology, const std::string& file) {
  auto state = std::make_unique<GatewayState>();
  Errors errors;
  for (const topology::VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (topology::service_label(endpoint.service_name) != kService) continue;
    EndpointState made{.id = endpoint.id,
                       .vpc = endpoint.vpc,
                       .region = std::string(topology::service_region(endpoint.service_name)),
                       .policy = std::nullopt};
    if (!endpoint.policy.empty()) {
      made.policy = parsed_policy(
          policy::parse_endpoint_policy(endpoint.policy),
          policy_place(endpoint.policy_file, file, "vpc_endpoint", endpoint.name), errors);
    }
    state->endpoints_.push_back(std::move(made));
    const CidrSet sources = topology::allowed_sources(topology, endpoint.security_groups,
                                                      topology::IpProtocol::Tcp, kHttpsPort);
    for (const topology::NetworkInterface& interface : endpoint.network_interfaces) {
      for (const SocketAddress& listen : topology::serving_addresses(interface)) {
        state->addresses_.push_back({listen, endpoint.id, sources});
      }
    }
  }
  for (const topology::RestApi& api : topology.rest_apis) {
    auto made = std::make_unique<ApiState>(api);
    if (!api.policy.empty()) {
      auto policy =
          parsed_policy(policy::parse_resource_policy(api.policy, made->identity),
                        policy_place(api.policy_file, file, "rest_api", api.name), errors);
      if (policy) made->policy = std::move(*policy);
    }
    state->apis_.push_back(std::move(made));
  }
  state->functions_ = topology.functions;
  if (!errors.empty()) return Unexpected(std::move(errors));
  return state;
}

Result<void, std::string> GatewayState::open_logs(linelog::LineLogs& logs) {
  const auto open = [&](const std::string& path, std::shared_ptr<linelog::LineLog>& lines) {
    if (path.empty()) return Result<void, std::string>();
    auto opened = logs.open(path);
    if (!opened) return Result<void, std::string>(Unexpected(opened.error()));
    lines = std::move(*opened);
    return Result<void, std::string>();
  };
  for (const auto& api : apis_) {
    for (StageState& stage : api->stages) {
      if (auto opened = open(stage.stage->access_log.file, stage.access_lines); !opened) {
        return opened;
      }
      if (auto opened = open(stage.stage->execution_log, stage.execution_lines); !opened) {
        return opened;
      }
    }
  }
  return {};
}

const EndpointState* GatewayState::find_endpoint(std::string_view id) const noexcept {
  for (const EndpointState& endpoint : endpoints_) {
    if (endpoint.id == id) return &endpoint;
  }
  return nullptr;
}

const ApiState* GatewayState::find_api(std::string_view id,
                                       std::string_view region) const noexcept {
  for (const auto& api : apis_) {
    if (api->api.id == id && api->api.region == region) return api.get();
  }
  return nullptr;
}

}  // namespace inlet53::gateway
