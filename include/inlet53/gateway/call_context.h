// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/gateway/request_ids.h"

/// Values of one call: the `$context` of access logs and response templates.
/// Source: API Gateway Developer Guide, "Variables for access logging for API Gateway".
namespace inlet53::gateway {

/// Filled in as the call goes on; what is empty or absent is not known (yet), or does not apply.
/// Lifetime: the views point into the call's own request and into the gateway's state, both of
/// which a call keeps alive: most calls copy nothing of them.
struct CallContext {
  RequestIds ids;
  int64_t request_time_ms = 0;  // since 1970-01-01T00:00:00Z

  //--- What was asked
  std::string http_method;
  std::string_view path;           // as asked for, with the stage
  std::string domain_name;         // the Host without its port
  std::string_view domain_prefix;  // its first label
  std::string source_ip;
  std::string_view user_agent;
  std::string_view vpc_endpoint_id;
  std::string_view vpc_id;

  //--- What it was found to be for
  std::string_view account_id;
  std::string_view api_id;
  std::string_view stage;
  std::string_view deployment_id;
  std::string_view resource_id;
  std::string_view resource_path;  // the template: /pets/{petId}

  //--- What became of it
  std::optional<uint16_t> integration_status;  // what the integration said
  std::optional<uint32_t> integration_latency_ms;
  std::string integration_request_id;    // of the Lambda invocation
  std::string integration_error;         // why there is no response of it
  std::string error_message;             // of a gateway response
  std::string_view error_response_type;  // ACCESS_DENIED
  uint16_t status = 0;
  uint64_t response_length = 0;  // octets of the body
  uint32_t response_latency_ms = 0;
};

/// A `$context` variable that is known by its name. It has nothing of its own but its place in the
/// table of names.
class ContextVariable {
 public:
  /// `requestId`, `identity.sourceIp`, without `$context.`. Nothing for a name that API Gateway
  /// does not have; those that it has and that never have a value here (authorizers, keys) are
  /// found.
  [[nodiscard]] static std::optional<ContextVariable> find(std::string_view name) noexcept;

  /// Appends the value. Returns false, and appends nothing, when the call has none.
  bool append(std::string& out, const CallContext& context) const;
  [[nodiscard]] std::string_view name() const noexcept;

  friend bool operator==(ContextVariable, ContextVariable) = default;

 private:
  explicit ContextVariable(size_t index) : index_(index) {}
  size_t index_;
};

/// `25/Apr/2021:12:37:34 +0000`, as the Common Log Format has it.
[[nodiscard]] std::string common_log_time(int64_t wall_seconds);

}  // namespace inlet53::gateway
