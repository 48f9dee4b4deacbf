#include "object_keys.h"
#include "topology_reader.h"

namespace inlet53::config {

namespace {

using topology::ApiEndpointType;

void read_resource(TableReader& in, topology::Resource& resource) {
  resource.path = in.name();
  read_id(in, "id", id_shape::kApiResource, resource.id);
  in.each_other([&](TableReader& method) { read_method(method, resource.methods.emplace_back()); });
}

void read_gateway_response(TableReader& in, topology::GatewayResponse& response) {
  response.response_type = in.name();
  in.read("status_code", Need::Optional, response.status_code,
          in_range<uint16_t>(parse_number, {0, UINT16_MAX}));
  in.read_texts("headers", response.headers);
  in.read("template", Need::Optional, response.template_text, parse_text);
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
  in.refuse_for_now("OpenAPI", {"body", "openapi", "body_s3_location"});
  in.refuse_for_now("authorizers", {"authorizer"});
  in.refuse_for_now("API keys", {"api_key_source", "api_key", "usage_plan"});
  in.refuse_for_now("request validation", {"request_validator", "model"});
  in.refuse_for_now("compression", {"minimum_compression_size"});
}

}  // namespace

void read_rest_apis(TableReader& root, const Owner& owner, topology::Topology& topology) {
  root.each_named("rest_api", [&](TableReader& in) {
    read_rest_api(in, owner, topology.rest_apis.emplace_back());
  });
  root.refuse_for_now("API keys", {"api_key", "usage_plan"});
  root.refuse_for_now("custom domain names", {"domain_name"});
  root.refuse_for_now("VPC links", {"vpc_link"});
}

}  // namespace inlet53::config
