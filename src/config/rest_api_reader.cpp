// SPDX-License-Identifier: Apache-2.0
#include "topology_reader.h"

#include "inlet53/base/text.h"

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
void refuse_other_keys(TableReader& in) {
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
  refuse_other_keys(in);
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

namespace {

/// Above the limits of inlet53, which topology::validate checks.
constexpr Range kAnyNumber{0, UINT32_MAX};

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

}  // namespace

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

}  // namespace inlet53::config
