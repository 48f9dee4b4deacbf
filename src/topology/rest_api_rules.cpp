#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"
#include "inlet53/topology/gateway_response_type.h"
#include "inlet53/topology/service_names.h"

namespace inlet53::topology {

namespace {

void check_vpc_endpoint_list(Findings& findings, const RestApi& api) {
  const KeyPath list{"rest_api", api.name, "vpc_endpoints"};
  if (api.endpoint_type != ApiEndpointType::Private && !api.vpc_endpoints.empty()) {
    return findings.add(list, "only a PRIVATE API is associated with VPC endpoints");
  }
  const auto endpoints = findings.references(list, findings.topology().vpc_endpoints,
                                             api.vpc_endpoints, "VPC endpoint");
  for (size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i] == nullptr) continue;
    // A service name of the wrong form is reported at the endpoint.
    const std::string_view name = endpoints[i]->service_name;
    if (service_kind(name) == ServiceKind::None) continue;
    const std::string_view service = service_label(name);
    const std::string_view region = service_region(name);
    if (service != "execute-api") {
      findings.add(below(list, i), concat("VPC endpoint \"", endpoints[i]->name, "\" is for ",
                                          service.empty() ? name : service,
                                          "; a REST API goes with an execute-api endpoint"));
    } else if (region != api.region) {
      findings.add(below(list, i), concat("VPC endpoint \"", endpoints[i]->name, "\" is in ",
                                          region, ", but the REST API in ", api.region));
    }
  }
}

void check_binary_media_types(Findings& findings, const RestApi& api) {
  const KeyPath list{"rest_api", api.name, "binary_media_types"};
  std::set<std::string> seen;
  for (size_t i = 0; i < api.binary_media_types.size(); ++i) {
    const std::string& type = api.binary_media_types[i];
    if (!is_media_type(type)) {
      findings.add(below(list, i), concat('"', type,
                                          "\" is no media type; one looks like \"image/png\", and "
                                          "\"*/*\" is all of them"));
    } else if (!seen.insert(ascii_lower(type)).second) {
      findings.add(below(list, i), "this media type is in the list already");
    }
  }
}

std::string unknown_response_type(std::string_view type) {
  const auto& known = gateway_response_types();
  std::string upper(type);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const std::string_view nearest = nearest_word(upper, known);
  const std::string hint = nearest.empty() ? "; one looks like \"ACCESS_DENIED\" or \"DEFAULT_4XX\""
                                           : concat("; did you mean \"", nearest, "\"?");
  return concat('"', type, "\" is no type of a gateway response", hint);
}

void check_gateway_responses(Findings& findings, const RestApi& api) {
  std::set<std::string_view> seen;
  for (const GatewayResponse& response : api.gateway_responses) {
    const KeyPath path{"rest_api", api.name, "gateway_response", response.response_type};
    if (!parse_gateway_response_type(response.response_type)) {
      findings.add(path, unknown_response_type(response.response_type));
    } else if (!seen.insert(response.response_type).second) {
      findings.add(path, "the API has this gateway response already");
    }
    if (response.status_code) {
      check_status_code(findings, below(path, "status_code"), *response.status_code);
    }
    check_response_headers(findings, below(path, "headers"), response.headers);
  }
}

void check_rest_api(Findings& findings, const RestApi& api) {
  check_owner(findings, {"rest_api", api.name}, api.region, api.account_id);
  check_vpc_endpoint_list(findings, api);
  check_binary_media_types(findings, api);
  check_gateway_responses(findings, api);
  check_resources(findings, api);
  check_stages(findings, api);
}

/// What frames a response is made by whoever sends it.
bool frames_a_message(std::string_view name) {
  const std::string folded = ascii_lower(name);
  return folded == "content-length" || folded == "transfer-encoding" || folded == "connection" ||
         folded == "keep-alive" || folded == "upgrade" || folded == "trailer";
}

}  // namespace

void check_status_code(Findings& findings, const KeyPath& path, uint16_t status) {
  if (status >= 200 && status <= 599) return;
  findings.add(path, concat(status, " is no status of a response; one is from 200 to 599"));
}

void check_response_headers(Findings& findings, const KeyPath& path,
                            const std::vector<NamedText>& headers) {
  std::set<std::string> seen;
  for (const NamedText& header : headers) {
    const KeyPath at = below(path, header.name);
    if (!is_token(header.name)) {
      findings.add(at, concat('"', header.name, "\" is no name of a header"));
    } else if (frames_a_message(header.name)) {
      findings.add(at, concat(header.name, " is made by the gateway"));
    } else if (!seen.insert(ascii_lower(header.name)).second) {
      findings.add(at, "the header is there already; letter case does not count");
    }
    if (has_control_octet(header.value)) {
      findings.add(at, "a header's value has no control characters");
    }
  }
}

void check_rest_apis(Findings& findings) {
  for (const RestApi& api : findings.topology().rest_apis) check_rest_api(findings, api);
}

}  // namespace inlet53::topology
