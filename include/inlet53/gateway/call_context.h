// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inlet53::gateway {

/// Ids of one call in its response headers and logs.
struct RequestIds {
  std::string request_id;           // x-amzn-RequestId: a UUID, version 4
  std::string extended_request_id;  // x-amz-apigw-id: 16 characters, the last one `=`
  /// X-Amzn-Trace-Id: `Root=1-67891233-abcdef012345678912345678`, or the client's.
  std::string trace_id;
};

/// Source of unique, random ids, which are not secret.
/// Threads: one at a time. Source: RFC 9562 §5.4; AWS X-Ray Developer Guide, "Tracing header".
class RequestIdSource {
 public:
  /// Seeds the generator from the system.
  RequestIdSource();

  [[nodiscard]] RequestIds next(int64_t wall_seconds);
  [[nodiscard]] std::string next_uuid();

 private:
  [[nodiscard]] uint64_t next_random() noexcept;

  std::array<uint64_t, 4> state_;
};

/// Values of one call: the `$context` of access logs and response templates. Members are set during
/// the call. An empty or absent one is not known (yet), or does not apply. Lifetime: the views
/// point into the call's request and the gateway's state, which the call keeps alive, so that most
/// calls copy nothing. Source: API Gateway Developer Guide, "Variables for access logging for API
/// Gateway".
struct CallContext {
  RequestIds ids;
  int64_t request_time_ms = 0;  // since 1970-01-01T00:00:00Z

  //--- Request
  std::string http_method;
  std::string_view path;           // as requested, with the stage
  std::string domain_name;         // the Host without its port
  std::string_view domain_prefix;  // its first label
  std::string source_ip;
  std::string_view user_agent;
  std::string_view vpc_endpoint_id;
  std::string_view vpc_id;

  //--- Resolved target
  std::string_view account_id;
  std::string_view api_id;
  std::string_view stage;
  std::string_view deployment_id;
  std::string_view resource_id;
  std::string_view resource_path;  // the template: /pets/{petId}

  //--- Result
  std::optional<uint16_t> integration_status;  // of the integration's response
  std::optional<uint32_t> integration_latency_ms;
  std::string integration_request_id;    // of the Lambda invocation
  std::string integration_error;         // reason for its missing response
  std::string error_message;             // of a gateway response
  std::string_view error_response_type;  // ACCESS_DENIED
  uint16_t status = 0;
  uint64_t response_length = 0;  // bytes of the body
  uint32_t response_latency_ms = 0;
};

/// `$context` variable, found by its name. It only refers to its entry in the table of names.
class ContextVariable {
 public:
  /// Finds `requestId`, `identity.sourceIp`, without `$context.`. Absent for a name that API
  /// Gateway does not have. Finds names that API Gateway has but that never have a value here
  /// (authorizers, keys).
  [[nodiscard]] static std::optional<ContextVariable> find(std::string_view name) noexcept;

  /// Appends the value. Returns false and appends nothing when the call has no value.
  bool append(std::string& out, const CallContext& context) const;
  [[nodiscard]] std::string_view name() const noexcept;

  friend bool operator==(ContextVariable, ContextVariable) = default;

 private:
  explicit ContextVariable(size_t index) : index_(index) {}
  size_t index_;
};

/// Formats `25/Apr/2021:12:37:34 +0000`, as in the Common Log Format.
[[nodiscard]] std::string common_log_time(int64_t wall_seconds);

}  // namespace inlet53::gateway
