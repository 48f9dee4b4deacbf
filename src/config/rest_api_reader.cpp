#include "object_keys.h"
#include "topology_reader.h"

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

/// Keys of AWS::ApiGateway::RestApi and AWS::Serverless::Api.
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

}  // namespace inlet53::config
