// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/aws_names.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/api_values.h"
#include "inlet53/topology/endpoint_names.h"

/// Checks of a REST API's resources, methods and stages.
namespace inlet53::topology {

namespace {

void check_vpc_endpoint_list(Validation& validation, const RestApi& api) {
  const KeyPath list{"rest_api", api.name, "vpc_endpoints"};
  if (api.endpoint_type != ApiEndpointType::Private && !api.vpc_endpoints.empty()) {
    return validation.add(list, "only a PRIVATE API is associated with VPC endpoints");
  }
  const auto endpoints = validation.references(list, validation.topology().vpc_endpoints,
                                               api.vpc_endpoints, "VPC endpoint");
  for (size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i] == nullptr) continue;
    // A malformed service name is reported at the endpoint.
    const std::string_view name = endpoints[i]->service_name;
    if (service_kind(name) == ServiceKind::None) continue;
    const std::string_view service = service_label(name);
    const std::string_view region = service_region(name);
    if (service != "execute-api") {
      validation.add(below(list, i), concat("VPC endpoint \"", endpoints[i]->name, "\" is for ",
                                            service.empty() ? name : service,
                                            "; a REST API goes with an execute-api endpoint"));
    } else if (region != api.region) {
      validation.add(below(list, i), concat("VPC endpoint \"", endpoints[i]->name, "\" is in ",
                                            region, ", but the REST API in ", api.region));
    }
  }
}

void check_binary_media_types(Validation& validation, const RestApi& api) {
  const KeyPath list{"rest_api", api.name, "binary_media_types"};
  std::set<std::string> seen;
  for (size_t i = 0; i < api.binary_media_types.size(); ++i) {
    const std::string& type = api.binary_media_types[i];
    if (!is_media_type(type)) {
      validation.add(below(list, i),
                     concat('"', type,
                            "\" is no media type; one looks like \"image/png\", and "
                            "\"*/*\" is all of them"));
    } else if (!seen.insert(ascii_lower(type)).second) {
      validation.add(below(list, i), "this media type is in the list already");
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

void check_gateway_responses(Validation& validation, const RestApi& api) {
  std::set<std::string_view> seen;
  for (const GatewayResponse& response : api.gateway_responses) {
    const KeyPath path{"rest_api", api.name, "gateway_response", response.response_type};
    if (!parse_gateway_response_type(response.response_type)) {
      validation.add(path, unknown_response_type(response.response_type));
    } else if (!seen.insert(response.response_type).second) {
      validation.add(path, "the API has this gateway response already");
    }
    if (response.status_code) {
      check_status_code(validation, below(path, "status_code"), *response.status_code);
    }
    check_response_headers(validation, below(path, "headers"), response.headers);
  }
}

void check_rest_api(Validation& validation, const RestApi& api) {
  check_owner(validation, {"rest_api", api.name}, api.region, api.account_id);
  check_vpc_endpoint_list(validation, api);
  check_binary_media_types(validation, api);
  check_gateway_responses(validation, api);
  check_resources(validation, api);
  check_stages(validation, api);
}

/// Returns whether a field frames a response; the sender of the response sets such fields.
bool frames_a_message(std::string_view name) {
  const std::string folded = ascii_lower(name);
  return folded == "content-length" || folded == "transfer-encoding" || folded == "connection" ||
         folded == "keep-alive" || folded == "upgrade" || folded == "trailer";
}

/// Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API".
constexpr size_t kMaxResources = 300;

/// Tree of all paths of an API, including those between the root and a declared path: AWS has a
/// resource for each of them.
class PathTree {
 public:
  PathTree() { variables_.emplace("/", ""); }

  /// Inserts the segments of one path. Returns another variable that already exists under the same
  /// parent, as written; empty: none.
  std::string insert(const std::vector<PathSegment>& segments) {
    std::string parent = "/";
    std::string sibling;
    for (const PathSegment& segment : segments) {
      const std::string text = to_text(segment);
      if (segment.kind != SegmentKind::Static) {
        std::string& variable = variables_[parent];
        if (variable.empty()) variable = text;
        if (variable != text && sibling.empty()) sibling = variable;
      }
      parent += concat(text, '/');
      variables_.emplace(parent, "");
    }
    return sibling;
  }

  [[nodiscard]] size_t size() const noexcept { return variables_.size(); }

 private:
  std::map<std::string, std::string> variables_;  // by parent; empty: no variable yet
};

std::string unknown_method(std::string_view method) {
  std::string upper(method);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const std::string_view nearest = nearest_word(upper, resource_methods());
  const std::string hint = nearest.empty()
                               ? "; there are ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT"
                               : concat("; did you mean \"", nearest, "\"?");
  return concat('"', method, "\" is no method of a resource", hint);
}

void check_methods(Validation& validation, const RestApi& api, const Resource& resource,
                   const std::vector<PathSegment>& segments) {
  const auto& known = resource_methods();
  std::set<std::string_view> seen;
  for (const Method& method : resource.methods) {
    const KeyPath path{"rest_api", api.name, "resource", resource.path, method.http_method};
    if (std::find(known.begin(), known.end(), method.http_method) == known.end()) {
      validation.add(path, unknown_method(method.http_method));
    } else if (!seen.insert(method.http_method).second) {
      validation.add(path, "the resource has this method already");
    }
    check_integration(validation, below(path, "integration"), api, method.integration, segments);
  }
}

/// Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API".
constexpr size_t kMaxStages = 10;
constexpr size_t kMaxVariables = 100;
constexpr size_t kMaxVariableName = 64;
constexpr size_t kMaxVariableValue = 512;
/// Limit of inlet53, above what AWS grants to an account on request.
constexpr double kMaxRate = 1'000'000;
constexpr uint32_t kMaxBurst = 1'000'000;

void check_variables(Validation& validation, const KeyPath& path, const Stage& stage) {
  if (stage.variables.size() > kMaxVariables) {
    validation.add(path, concat("a stage has ", kMaxVariables, " variables at most"));
  }
  std::set<std::string_view> seen;
  for (const NamedText& variable : stage.variables) {
    const KeyPath at = below(path, variable.name);
    if (!is_stage_variable_name(variable.name) || variable.name.size() > kMaxVariableName) {
      validation.add(at,
                     concat('"', variable.name, "\" is no name of a stage variable; one is 1 to ",
                            kMaxVariableName, " letters, digits and _"));
    } else if (!seen.insert(variable.name).second) {
      validation.add(at, "the stage has this variable already");
    }
    if (variable.value.size() > kMaxVariableValue || has_control_octet(variable.value)) {
      validation.add(at, concat("the value has more than ", kMaxVariableValue,
                                " bytes or control characters"));
    }
  }
}

/// Returns whether `format` contains the variable `$context.name` (and not only a longer name).
bool has_variable(std::string_view format, std::string_view name) {
  const std::string variable = concat("$context.", name);
  for (size_t at = format.find(variable); at != std::string_view::npos;
       at = format.find(variable, at + 1)) {
    const std::string_view after = format.substr(at + variable.size());
    if (after.empty() || !is_stage_variable_name(after.substr(0, 1))) return true;
  }
  return false;
}

void check_logs(Validation& validation, const KeyPath& path, const Stage& stage) {
  const std::string& format = stage.access_log.format;
  if (stage.access_log.file.empty()) return;
  const KeyPath at = below(path, "access_log", "format");
  if (has_control_octet(format)) {
    validation.add(at, "a format is one line without control characters");
  } else if (!has_variable(format, "requestId") && !has_variable(format, "extendedRequestId")) {
    validation.add(at,
                   "a format has $context.requestId or $context.extendedRequestId, as AWS asks");
  }
  if (stage.execution_log == stage.access_log.file) {
    validation.add(below(path, "execution_log"), "this file is the access log already");
  }
}

void check_rates(Validation& validation, const KeyPath& path, const MethodSettings& settings) {
  // This form of the condition also rejects NaN.
  if (settings.throttling_rate_limit &&
      !(*settings.throttling_rate_limit >= 0 && *settings.throttling_rate_limit <= kMaxRate)) {
    validation.add(below(path, "throttling_rate_limit"),
                   "out of range: from 0 to 1000000 requests a second");
  }
  if (settings.throttling_burst_limit.value_or(0) > kMaxBurst) {
    validation.add(
        below(path, "throttling_burst_limit"),
        concat(*settings.throttling_burst_limit, " is out of range: from 0 to ", kMaxBurst));
  }
}

/// Returns the problem of settings for one method; empty: the API has the method.
std::string missing_method(const RestApi& api, const MethodSettings& settings) {
  const auto resource =
      std::find_if(api.resources.begin(), api.resources.end(),
                   [&](const Resource& each) { return each.path == settings.resource_path; });
  if (resource == api.resources.end()) {
    std::vector<std::string_view> paths;
    for (const Resource& each : api.resources) paths.push_back(each.path);
    const std::string_view nearest = nearest_word(settings.resource_path, paths);
    return concat("the API has no resource \"", settings.resource_path,
                  nearest.empty() ? "\"" : concat("\"; did you mean \"", nearest, "\"?"));
  }
  const auto& known = resource_methods();
  const bool is_method = std::find(known.begin(), known.end(), settings.http_method) != known.end();
  const bool served =
      std::any_of(resource->methods.begin(), resource->methods.end(), [&](const Method& method) {
        return method.http_method == settings.http_method || method.http_method == kAnyMethod;
      });
  if (is_method && served) return {};
  return concat("resource \"", settings.resource_path, "\" has no method \"", settings.http_method,
                '"');
}

void check_method_settings(Validation& validation, const KeyPath& stage, const RestApi& api,
                           const std::vector<MethodSettings>& all) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const MethodSettings& settings : all) {
    const bool of_all = settings.resource_path == "*" && settings.http_method == "*";
    const KeyPath path = of_all ? stage
                                : below(stage, "method_settings",
                                        concat(settings.http_method, ' ', settings.resource_path));
    if (!seen.emplace(settings.resource_path, settings.http_method).second) {
      validation.add(path, "the stage has settings for this method already");
    }
    check_rates(validation, path, settings);
    if (of_all) continue;
    std::string problem = missing_method(api, settings);
    if (!problem.empty()) validation.add(path, std::move(problem));
  }
}

}  // namespace

void check_status_code(Validation& validation, const KeyPath& path, uint16_t status) {
  if (status >= 200 && status <= 599) return;
  validation.add(path, concat(status, " is no status of a response; one is from 200 to 599"));
}

void check_response_headers(Validation& validation, const KeyPath& path,
                            const std::vector<NamedText>& headers) {
  std::set<std::string> seen;
  for (const NamedText& header : headers) {
    const KeyPath at = below(path, header.name);
    if (!is_token(header.name)) {
      validation.add(at, concat('"', header.name, "\" is no name of a header"));
    } else if (frames_a_message(header.name)) {
      validation.add(at, concat(header.name, " is made by the gateway"));
    } else if (!seen.insert(ascii_lower(header.name)).second) {
      validation.add(at, "the header is there already; letter case does not count");
    }
    if (has_control_octet(header.value)) {
      validation.add(at, "a header's value has no control characters");
    }
  }
}

void check_rest_apis(Validation& validation) {
  for (const RestApi& api : validation.topology().rest_apis) check_rest_api(validation, api);
}

void check_resources(Validation& validation, const RestApi& api) {
  PathTree tree;
  std::set<std::string_view> paths;
  std::map<std::string_view, std::string_view> ids;
  for (const Resource& resource : api.resources) {
    const KeyPath path{"rest_api", api.name, "resource", resource.path};
    if (!has_shape(resource.id, id_shape::kApiResource)) {
      validation.add(below(path, "id"), concat('"', resource.id, "\" is no id of this kind; it is ",
                                               describe(id_shape::kApiResource)));
    } else if (const auto [first, fresh] = ids.emplace(resource.id, resource.path); !fresh) {
      validation.add(below(path, "id"), concat('"', resource.id, "\" is the id of resource \"",
                                               first->second, "\" already"));
    }
    if (!paths.insert(resource.path).second) {
      validation.add(path, "the API has this resource already");
    }
    const auto segments = parse_resource_path(resource.path);
    if (!segments) {
      validation.add(path, concat('"', resource.path, "\": ", segments.error()));
    } else if (const std::string sibling = tree.insert(*segments); !sibling.empty()) {
      validation.add(path,
                     concat("another resource has ", sibling,
                            " at the same place; there may be one variable below one parent"));
    }
    check_methods(validation, api, resource, segments.value_or(std::vector<PathSegment>{}));
  }
  if (tree.size() > kMaxResources) {
    validation.add(
        {"rest_api", api.name, "resource"},
        concat("the API has ", tree.size(), " resources, those between the root and the ",
               "declared ones counted; AWS takes ", kMaxResources));
  }
}

void check_stages(Validation& validation, const RestApi& api) {
  const KeyPath stages{"rest_api", api.name, "stage"};
  if (api.stages.size() > kMaxStages) {
    validation.add(stages, concat("an API has ", kMaxStages, " stages at most"));
  }
  std::set<std::string_view> names;
  for (const Stage& stage : api.stages) {
    const KeyPath path = below(stages, stage.name);
    if (!is_stage_name(stage.name)) {
      validation.add(path,
                     concat('"', stage.name,
                            "\" is no name of a stage; one is 1 to 128 letters, digits, - and "
                            "_"));
    } else if (!names.insert(stage.name).second) {
      validation.add(path, "the API has this stage already");
    }
    if (!has_shape(stage.deployment_id, id_shape::kApiDeployment)) {
      validation.add(below(path, "deployment_id"),
                     concat('"', stage.deployment_id, "\" is no id of this kind; it is ",
                            describe(id_shape::kApiDeployment)));
    }
    check_variables(validation, below(path, "variables"), stage);
    check_logs(validation, path, stage);
    check_method_settings(validation, path, api, stage.method_settings);
  }
}

}  // namespace inlet53::topology
