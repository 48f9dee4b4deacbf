// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <optional>
#include <type_traits>

#include "topology_reader.h"

/// Readers of a resource's methods and integrations, and of functions.
namespace inlet53::config {
namespace {

using topology::Integration;
using topology::IntegrationType;

/// Above the limits of AWS, which topology::validate checks.
constexpr Range kAnyNumber{0, UINT32_MAX};

/// Returns "`word` is not supported yet; use `instead`".
std::string not_yet(std::string_view word, std::string_view instead) {
  return concat('"', word, "\" is not supported yet; use \"", instead, '"');
}

Value<IntegrationType> parse_type(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return Unexpected(text.error());
  const std::string folded = ascii_lower(*text);
  if (folded == "aws") return Unexpected(not_yet(*text, "AWS_PROXY"));
  if (folded == "http") return Unexpected(not_yet(*text, "HTTP_PROXY"));
  return one_of<IntegrationType>({{"AWS_PROXY", IntegrationType::AwsProxy},
                                  {"HTTP_PROXY", IntegrationType::HttpProxy},
                                  {"MOCK", IntegrationType::Mock}})(node);
}

/// Accepts only `word` for a key; other values are not supported yet.
auto parse_only(std::string_view word) {
  return [word](const toml::node& node) -> Value<std::string> {
    Value<std::string> text = parse_text(node);
    if (text && ascii_lower(*text) != ascii_lower(word)) return Unexpected(not_yet(*text, word));
    return text;
  };
}

Value<bool> parse_no_key_required(const toml::node& node) {
  Value<bool> value = parse_boolean(node);
  if (value && *value) return Unexpected(std::string("not supported yet: API keys"));
  return value;
}

std::string_view word_for(IntegrationType type) noexcept {
  switch (type) {
    case IntegrationType::AwsProxy:
      return "an AWS_PROXY";
    case IntegrationType::HttpProxy:
      return "an HTTP_PROXY";
    case IntegrationType::Mock:
      break;
  }
  return "a MOCK";
}

/// Keys of one table that belong to some types of integrations.
class KeysByType {
 public:
  KeysByType(TableReader& in, std::optional<IntegrationType> type) : in_(in), type_(type) {}

  /// Returns whether the integration may have `key`; reports a key that it may not have. Accepts
  /// every key when the type could not be read.
  bool admits(std::string_view key, std::initializer_list<IntegrationType> types) {
    if (!type_ || std::find(types.begin(), types.end(), *type_) != types.end()) return true;
    if (in_.has(key)) in_.report(key, concat(word_for(*type_), " integration has no ", key));
    return false;
  }

  /// Returns Required for an integration of `type`, the only one that has the key.
  [[nodiscard]] Need need(IntegrationType type) const noexcept {
    return type_ == type ? Need::Required : Need::Optional;
  }

 private:
  TableReader& in_;
  std::optional<IntegrationType> type_;
};

void read_response(TableReader& in, topology::IntegrationResponse& response) {
  in.read("status_code", Need::Required, response.status_code,
          in_range<uint16_t>(parse_number, {0, UINT16_MAX}));
  in.read_texts("headers", response.headers);
  in.read("template", Need::Optional, response.template_text, parse_text);
  in.refuse_for_now(
      "mapping of parameters and templates",
      {"response_parameters", "response_templates", "selection_pattern", "content_handling"});
}

void read_integration(TableReader& in, Integration& integration) {
  std::optional<IntegrationType> type;
  in.read("type", Need::Required, type, parse_type);
  integration.type = type.value_or(IntegrationType::Mock);

  KeysByType keys(in, type);
  const auto read = [&](std::string_view key, std::initializer_list<IntegrationType> types,
                        Need need, auto& out, const auto& parse) {
    // Reads the key in any case, so that it is known.
    std::remove_reference_t<decltype(out)> ignored = out;
    in.read(key, need, keys.admits(key, types) ? out : ignored, parse);
  };
  read("function", {IntegrationType::AwsProxy}, keys.need(IntegrationType::AwsProxy),
       integration.function, parse_text);
  read("uri", {IntegrationType::HttpProxy}, keys.need(IntegrationType::HttpProxy), integration.uri,
       parse_text);
  read("http_method", {IntegrationType::HttpProxy}, Need::Optional, integration.http_method,
       parse_text);
  read("timeout", {IntegrationType::AwsProxy, IntegrationType::HttpProxy}, Need::Optional,
       integration.timeout_ms, in_range<uint32_t>(parse_milliseconds, kAnyNumber));
  read("request_template", {IntegrationType::Mock}, Need::Optional, integration.request_template,
       parse_text);
  std::string connection_type;
  in.read("connection_type", Need::Optional, connection_type, parse_only("INTERNET"));

  const bool may_respond = keys.admits("responses", {IntegrationType::Mock});
  in.each("responses", [&](TableReader& response) {
    topology::IntegrationResponse read_one;
    read_response(response, read_one);
    if (may_respond) integration.responses.push_back(std::move(read_one));
  });
  in.refuse_for_now(
      "mapping of parameters and templates",
      {"request_parameters", "request_templates", "passthrough_behavior", "content_handling"});
  in.refuse_for_now("VPC links", {"connection_id", "vpc_link", "integration_target"});
  in.refuse_for_now("roles", {"credentials"});
  in.refuse_for_now("streaming of responses", {"response_transfer_mode"});
  in.refuse_for_now("TLS settings of an integration", {"tls_config"});
  in.refuse_for_now("caching", {"cache_key_parameters", "cache_namespace"});
}

}  // namespace

void read_method(TableReader& in, topology::Method& method) {
  method.http_method = in.name();
  std::string authorization_type;
  bool api_key_required = false;
  in.read("authorization_type", Need::Optional, authorization_type, parse_only("NONE"));
  in.read("api_key_required", Need::Optional, api_key_required, parse_no_key_required);
  in.refuse_for_now("authorizers", {"authorizer", "authorizer_id", "authorization_scopes", "auth"});
  in.refuse_for_now("request validation", {"request_validator", "request_validator_id",
                                           "request_parameters", "request_models", "model"});
  in.refuse_for_now("names of operations", {"operation_name"});
  in.refuse_for_now("mapping of responses", {"method_responses", "responses"});
  in.section(
      "integration", [&](TableReader& table) { read_integration(table, method.integration); },
      Need::Required);
}

namespace {

/// Parses the path of a directory that exists; without it every call of the function fails.
auto parse_code(const std::filesystem::path& folder) {
  return [&folder](const toml::node& node) -> Value<std::string> {
    Value<std::string> path = path_below(folder)(node);
    if (!path) return path;
    std::error_code error;
    if (!std::filesystem::is_directory(*path, error)) {
      return Unexpected(concat(*path, " is no folder"));
    }
    return path;
  };
}

/// Reports keys of AWS::Lambda::Function and AWS::Serverless::Function as not supported.
void refuse_other_keys(TableReader& in) {
  in.refuse_for_now("layers", {"layers"});
  in.refuse_for_now("container images", {"image_uri", "image_config", "package_type"});
  in.refuse_for_now("provisioned concurrency",
                    {"provisioned_concurrency", "provisioned_concurrency_config"});
  in.refuse_for_now("roles", {"role", "policies", "permissions_boundary"});
  in.refuse_for_now("architectures", {"architectures"});
  in.refuse_for_now("storage of a size", {"ephemeral_storage"});
  in.refuse_for_now("file systems", {"file_system_config", "file_system_configs"});
  in.refuse_for_now("VPCs of functions", {"vpc_config"});
  in.refuse_for_now("tracing", {"tracing", "tracing_config"});
  in.refuse_for_now("versions and aliases", {"alias", "auto_publish_alias", "publish", "version"});
  in.refuse_for_now("deployments", {"deployment_preference"});
  in.refuse_for_now("asynchronous invocations",
                    {"dead_letter_config", "dead_letter_queue", "event_invoke_config"});
  in.refuse_for_now("event sources", {"events"});
  in.refuse_for_now("function URLs", {"function_url_config", "function_url"});
  in.refuse_for_now("log settings of a function", {"logging_config"});
  in.refuse_for_now("runtime management", {"runtime_management_config"});
  in.refuse_for_now("SnapStart", {"snap_start"});
  in.refuse_for_now("code signing", {"code_signing_config_arn"});
  in.refuse_for_now("KMS keys", {"kms_key_arn"});
  in.refuse_for_now("code in S3", {"s3_bucket", "s3_key", "s3_object_version"});
  in.refuse_for_now("code in the configuration", {"inline_code", "zip_file"});
  in.refuse_for_now("recursion control", {"recursive_loop"});
  in.refuse_for_now("tenants", {"tenancy_config"});
  in.refuse_for_now("durable functions", {"durable_config"});
  in.refuse_for_now("capacity providers", {"capacity_provider_config"});
  in.refuse_for_now("descriptions", {"description"});
  in.refuse_for_now("tags", {"tags"});
}

void read_function(TableReader& in, const Owner& owner, topology::Function& function) {
  function.name = in.name();
  read_owner(in, owner, function.region, function.account_id);
  function.id = topology::function_arn(function.region, function.account_id, function.name);
  in.read("runtime", Need::Required, function.runtime, parse_text);
  in.read("handler", Need::Optional, function.handler, parse_text);
  in.read("code", Need::Required, function.code, parse_code(in.reading().folder));
  in.read("timeout", Need::Optional, function.timeout_seconds,
          in_range<uint32_t>(parse_seconds, kAnyNumber));
  in.read("memory_size", Need::Optional, function.memory_size,
          in_range<uint32_t>(parse_number, kAnyNumber));
  in.read("reserved_concurrency", Need::Optional, function.reserved_concurrency,
          in_range<uint32_t>(parse_number, kAnyNumber));
  in.read_texts("environment", function.environment);
  refuse_other_keys(in);
}

}  // namespace

void read_functions(TableReader& root, const Owner& owner, topology::Topology& topology) {
  root.each_named("function", [&](TableReader& in) {
    read_function(in, owner, topology.functions.emplace_back());
  });
  root.refuse_for_now("layers", {"layer"});
  root.refuse_for_now("roles", {"role"});
  root.refuse_for_now("versions and aliases", {"alias"});
  root.refuse_for_now("event sources", {"event_source_mapping"});
  root.refuse_for_now("function URLs", {"function_url"});
}

}  // namespace inlet53::config
