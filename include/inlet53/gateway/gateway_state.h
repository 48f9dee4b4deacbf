// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/gateway/gateway_responses.h"
#include "inlet53/gateway/https_server.h"
#include "inlet53/gateway/router.h"
#include "inlet53/gateway/text_template.h"
#include "inlet53/gateway/throttle.h"
#include "inlet53/lambda/runtimes.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/policy/resource_policy.h"
#include "inlet53/topology/topology.h"

/// Immutable state of the gateway, which is built from a topology.
namespace inlet53::gateway {

/// Response of a mock integration, prepared when the state is built.
struct MockResponse {
  uint16_t status_code = 200;
  std::vector<topology::NamedText> headers;
  TextTemplate body;
};

/// A stage with the values that are prepared when the state is built.
struct StageState {
  const topology::Stage* stage = nullptr;
  TextTemplate access_log;
  /// The open logs; null when the stage has none. A call writes to the logs of the state with which
  /// it started, so that a reload loses no line.
  std::shared_ptr<linelog::LineLog> access_lines;
  std::shared_ptr<linelog::LineLog> execution_lines;

  struct MethodLimit {
    std::string resource_path;  // `*`: each of the stage's methods
    std::string http_method;
    Throttle::Limit limit;
  };
  std::vector<MethodLimit> limits;
  /// Returns the limit of a method: its own, or the limit for all methods of the stage; null: none.
  [[nodiscard]] const MethodLimit* find_limit(std::string_view resource_path,
                                              std::string_view http_method) const noexcept;
};

/// REST API with values that are prepared when the state is built. Lifetime: the state's, which
/// does not move.
struct ApiState {
  explicit ApiState(topology::RestApi given);
  ApiState(const ApiState&) = delete;
  ApiState& operator=(const ApiState&) = delete;

  const topology::RestApi api;
  const policy::ApiIdentity identity;
  const std::string account_bucket;  // throttle bucket of the account's calls
  const Router router;
  const GatewayResponses responses;
  policy::ResourcePolicy policy;  // without statements when the API has no policy
  std::vector<StageState> stages;

  [[nodiscard]] const StageState* find_stage(std::string_view name) const noexcept;
  /// Returns the response of a method with a mock integration; null when it responds with nothing.
  [[nodiscard]] const MockResponse* find_mock(const topology::Method* method) const noexcept;

 private:
  friend class GatewayState;
  std::unordered_map<const topology::Method*, MockResponse> mocks_;
};

/// VPC endpoint of the service.
struct EndpointState {
  std::string id;
  std::string vpc;
  std::string region;
  std::optional<policy::ResourcePolicy> policy;  // absent: everything is allowed
};

/// Error in a policy, which prevents the topology from being served.
struct StateError {
  std::string place;          // its file, or `FILE: rest_api.hello.policy`
  policy::PolicyError error;  // line and column within the policy

  /// Returns `policy.json:12:3: Statement[0].Effect: what is wrong`.
  [[nodiscard]] std::string to_text() const { return error.to_text(place); }
};

class GatewayState {
 public:
  /// Builds the state from a validated topology. `file`: name of the configuration, for errors in
  /// policies inside it. The logs are not open yet.
  /// Errors: all errors of the policies. Threads: any. Cost: about 10 µs per route.
  [[nodiscard]] static Result<std::unique_ptr<GatewayState>, std::vector<StateError>> build(
      const topology::Topology& topology, const std::string& file);

  /// Opens the logs of all stages. Shares a log that is already open. Waits for the disk.
  /// Errors: the reason of the first failure, with the log's path.
  [[nodiscard]] Result<void, std::string> open_logs(linelog::LineLogs& logs);

  /// Returns the addresses to serve: the network interfaces of execute-api endpoints.
  [[nodiscard]] const std::vector<ServedAddress>& addresses() const noexcept { return addresses_; }
  [[nodiscard]] const std::vector<std::unique_ptr<ApiState>>& apis() const noexcept {
    return apis_;
  }
  [[nodiscard]] const std::vector<topology::Function>& functions() const noexcept {
    return functions_;
  }
  /// Returns the versions of the functions' interpreters, as they were set.
  [[nodiscard]] const lambda::InterpreterVersions& interpreter_versions() const noexcept {
    return interpreter_versions_;
  }
  void set_interpreter_versions(lambda::InterpreterVersions versions) {
    interpreter_versions_ = std::move(versions);
  }

  /// Finds an endpoint by its id; null when there is none. Cost: linear (there are few).
  [[nodiscard]] const EndpointState* find_endpoint(std::string_view id) const noexcept;
  [[nodiscard]] const ApiState* find_api(std::string_view id,
                                         std::string_view region) const noexcept;

 private:
  std::vector<ServedAddress> addresses_;
  std::vector<EndpointState> endpoints_;
  std::vector<std::unique_ptr<ApiState>> apis_;
  std::vector<topology::Function> functions_;
  lambda::InterpreterVersions interpreter_versions_;
};

}  // namespace inlet53::gateway
