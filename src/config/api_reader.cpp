// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <optional>
#include <type_traits>

#include "readers.h"

#include "inlet53/base/text.h"

/// Readers of REST APIs with their stages, resources, methods and integrations, and of functions.
namespace inlet53::config {

namespace {

using topology::ApiEndpointType;

void read_resource(TableReader& in, topology::Resource& resource) {
  resource.path = in.name();
  read_id(in, "id", id_shape::kApiResource, resource.id);
  in.refuse_for_now("CORS", {"cors"});
  in.each_other([&](TableReader& method) { read_method(method, resource.methods.emplace_back()); });
}

void read_gateway_response(TableReader& in, topology::GatewayResponse& response) {
  response.response_type = in.name();
  in.read("status_code", Need::Optional, response.status_code,
          in_range<uint16_t>(parse_number, {0, UINT16_MAX}));
  in.read_texts("headers", response.headers);
  in.read("template", Need::Optional, response.template_text, parse_text);
  in.refuse_for_now("mapping of parameters and templates",
                    {"response_parameters", "response_templates"});
}

/// Reports keys of AWS::ApiGateway::RestApi and AWS::Serverless::Api as not supported.
void refuse_api_keys(TableReader& in) {
  in.refuse_for_now("OpenAPI", {"body", "openapi", "body_s3_location", "definition_body",
                                "definition_uri", "open_api_version", "fail_on_warnings", "mode",
                                "parameters", "merge_definitions"});
  in.refuse_for_now("authorizers", {"authorizer", "authorizers", "auth"});
  in.refuse_for_now("API keys", {"api_key_source", "api_key_source_type", "api_key", "usage_plan"});
  in.refuse_for_now("request validation",
                    {"request_validator", "request_validators", "model", "models"});
  in.refuse_for_now("compression", {"minimum_compression_size"});
  in.refuse_for_now("CORS", {"cors"});
  in.refuse_for_now("custom domain names", {"domain", "disable_execute_api_endpoint"});
  in.refuse_for_now("security policies", {"security_policy", "endpoint_access_mode"});
  in.refuse_for_now("copies of an API", {"clone_from"});
  in.refuse_for_now("tracing", {"tracing_enabled", "tracing"});
  in.refuse_for_now("documentation", {"documentation", "documentation_part"});
  in.refuse_for_now("descriptions", {"description"});
}

void read_rest_api(TableReader& in, const Owner& owner, topology::RestApi& api) {
  api.name = in.name();
  read_id(in, "id", id_shape::kRestApi, api.id);
  read_owner(in, owner, api.region, api.account_id);
  in.read("endpoint_type", Need::Optional, api.endpoint_type,
          one_of<ApiEndpointType>({{"PRIVATE", ApiEndpointType::Private},
                                   {"REGIONAL", ApiEndpointType::Regional},
                                   {"EDGE", ApiEndpointType::Edge}}));
  in.read_list("vpc_endpoints", Need::Optional, api.vpc_endpoints, parse_text);
  read_policy(in, api.policy, api.policy_file);
  in.read_list("binary_media_types", Need::Optional, api.binary_media_types, parse_text);
  in.each_named("stage", [&](TableReader& stage) { read_stage(stage, api.stages.emplace_back()); });
  in.each_named("resource", [&](TableReader& resource) {
    read_resource(resource, api.resources.emplace_back());
  });
  in.each_named("gateway_response", [&](TableReader& response) {
    read_gateway_response(response, api.gateway_responses.emplace_back());
  });
  refuse_api_keys(in);
}

/// Formats that API Gateway's console offers.
/// Source: API Gateway Developer Guide, "Access logging for REST APIs".
constexpr std::string_view kClf =
    "$context.identity.sourceIp $context.identity.caller $context.identity.user "
    "[$context.requestTime] \"$context.httpMethod $context.resourcePath $context.protocol\" "
    "$context.status $context.responseLength $context.requestId $context.extendedRequestId";
constexpr std::string_view kJson =
    R"({ "requestId":"$context.requestId", "extendedRequestId":"$context.extendedRequestId",)"
    R"("ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", )"
    R"("user":"$context.identity.user", "requestTime":"$context.requestTime", )"
    R"("httpMethod":"$context.httpMethod", "resourcePath":"$context.resourcePath", )"
    R"("status":"$context.status", "protocol":"$context.protocol", )"
    R"("responseLength":"$context.responseLength" })";
constexpr std::string_view kXml =
    R"(<request id="$context.requestId"> )"
    "<extendedRequestId>$context.extendedRequestId</extendedRequestId> "
    "<ip>$context.identity.sourceIp</ip> <caller>$context.identity.caller</caller> "
    "<user>$context.identity.user</user> <requestTime>$context.requestTime</requestTime> "
    "<httpMethod>$context.httpMethod</httpMethod> "
    "<resourcePath>$context.resourcePath</resourcePath> <status>$context.status</status> "
    "<protocol>$context.protocol</protocol> "
    "<responseLength>$context.responseLength</responseLength> </request>";
constexpr std::string_view kCsv =
    "$context.identity.sourceIp,$context.identity.caller,$context.identity.user,"
    "$context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,"
    "$context.status,$context.responseLength,$context.requestId,$context.extendedRequestId";

struct Preset {
  std::string_view word;
  std::string_view format;
};
constexpr Preset kPresets[] = {{"clf", kClf}, {"json", kJson}, {"xml", kXml}, {"csv", kCsv}};

/// Parses the name of a preset, or a format.
Value<std::string> parse_format(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return text;
  std::vector<std::string_view> words;
  for (const Preset& preset : kPresets) {
    if (ascii_lower(*text) == preset.word) return std::string(preset.format);
    words.push_back(preset.word);
  }
  if (text->find('$') != std::string::npos) return text;
  return Unexpected(
      concat(unknown_word(*text, words), "; a format of one's own has $context.requestId"));
}

void read_access_log(TableReader& in, topology::AccessLogSettings& log) {
  log.format = kJson;
  in.read("file", Need::Required, log.file, path_below(in.reading().folder));
  in.read("format", Need::Optional, log.format, parse_format);
}

void read_throttling(TableReader& in, topology::MethodSettings& settings) {
  in.read("throttling_rate_limit", Need::Optional, settings.throttling_rate_limit,
          [](const toml::node& node) { return parse_decimal(node, kAnyNumber); });
  in.read("throttling_burst_limit", Need::Optional, settings.throttling_burst_limit,
          in_range<uint32_t>(parse_number, kAnyNumber));
  in.refuse_for_now("caching", {"caching_enabled", "cache_ttl_in_seconds", "cache_data_encrypted",
                                "require_authorization_for_cache_control",
                                "unauthorized_cache_control_header_strategy"});
  in.refuse_for_now("metrics", {"metrics_enabled"});
  in.refuse_for_now("levels of execution logs", {"logging_level", "data_trace_enabled"});
}

/// Reads the settings of one method, `GET /hello`: a method and a resource's path.
void read_method_settings(TableReader& in, topology::Stage& stage) {
  topology::MethodSettings settings;
  const std::string& key = in.name();
  const size_t space = key.find(' ');
  if (space == std::string::npos || space + 1 >= key.size() || key[space + 1] != '/') {
    in.report("", "this is no method and path, as in \"GET /hello\"");
  } else {
    settings.http_method = key.substr(0, space);
    settings.resource_path = key.substr(space + 1);
  }
  read_throttling(in, settings);
  stage.method_settings.push_back(std::move(settings));
}

using topology::Integration;
using topology::IntegrationType;

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
  bool accepts(std::string_view key, std::initializer_list<IntegrationType> types) {
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
    in.read(key, need, keys.accepts(key, types) ? out : ignored, parse);
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

  const bool may_respond = keys.accepts("responses", {IntegrationType::Mock});
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

/// Parses the path of a directory that exists; without it every call of the function fails.
auto parse_code(const std::filesystem::path& folder) {
  return [&folder](const toml::node& node) -> Value<std::string> {
    Value<std::string> path = path_below(folder)(node);
    if (!path) return path;
    std::error_code error;
    if (!std::filesystem::is_directory(*path, error)) {
      return Unexpected(concat(*path, " is no directory"));
    }
    return path;
  };
}

/// Reports keys of AWS::Lambda::Function and AWS::Serverless::Function as not supported.
void refuse_function_keys(TableReader& in) {
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
  refuse_function_keys(in);
}

}  // namespace

void read_rest_apis(TableReader& root, const Owner& owner, topology::Topology& topology) {
  root.each_named("rest_api", [&](TableReader& in) {
    read_rest_api(in, owner, topology.rest_apis.emplace_back());
  });
  root.refuse_for_now("API keys", {"api_key", "usage_plan"});
  root.refuse_for_now("custom domain names", {"domain_name"});
  root.refuse_for_now("VPC links", {"vpc_link"});
  root.refuse_for_now("authorizers", {"authorizer", "authorizers"});
  root.refuse_for_now("request validation", {"request_validator", "model"});
  root.refuse_for_now("client certificates", {"client_certificate"});
}

void read_stage(TableReader& in, topology::Stage& stage) {
  stage.name = in.name();
  read_id(in, "deployment_id", id_shape::kApiDeployment, stage.deployment_id);
  in.read_texts("variables", stage.variables);
  in.section("access_log", [&](TableReader& log) { read_access_log(log, stage.access_log); });
  in.read("execution_log", Need::Optional, stage.execution_log, path_below(in.reading().folder));

  topology::MethodSettings of_all;
  read_throttling(in, of_all);
  if (of_all.throttling_rate_limit || of_all.throttling_burst_limit) {
    stage.method_settings.push_back(of_all);
  }
  in.each_named("method_settings",
                [&](TableReader& method) { read_method_settings(method, stage); });
  in.refuse_for_now("caching", {"cache_cluster_enabled", "cache_cluster_size"});
  in.refuse_for_now("canary releases", {"canary_settings", "canary_setting"});
  in.refuse_for_now("client certificates", {"client_certificate_id"});
  in.refuse_for_now("web ACLs", {"web_acl_arn"});
  in.refuse_for_now("usage plans", {"usage_plan", "usage_plans"});
  in.refuse_for_now("tracing", {"tracing_enabled", "tracing", "xray_tracing_enabled"});
  in.refuse_for_now("documentation", {"documentation_version"});
  in.refuse_for_now("descriptions", {"description"});
  in.refuse_for_now("tags", {"tags"});
}

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
