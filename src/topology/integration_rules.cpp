// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"
#include "inlet53/topology/api_values.h"

/// Checks of integrations and of Lambda functions.
namespace inlet53::topology {

namespace {

/// Source: API Gateway API Reference, Integration.timeoutInMillis.
constexpr uint32_t kMinTimeoutMs = 50;
constexpr uint32_t kMaxTimeoutMs = 29000;

void check_function(Validation& validation, const KeyPath& path, const RestApi& api,
                    std::string_view id) {
  const Function* function =
      validation.reference(path, validation.topology().functions, id, "function");
  if (function == nullptr) return;
  if (function->region != api.region) {
    validation.add(path, concat("function \"", function->name, "\" is in ", function->region,
                                ", but the REST API in ", api.region));
  } else if (function->account_id != api.account_id) {
    validation.add(path, concat("function \"", function->name, "\" is of account ",
                                function->account_id, ", but the REST API of ", api.account_id));
  }
}

/// Name in braces in a URI: `name` in `{name}` and in `${name}`.
struct UriVariable {
  std::string_view name;
  bool dollar = false;
};

/// Removes everything up to the end of the first variable from `uri`. Returns false when there is
/// none, or when its brace is not closed (then `uri` begins with it).
bool next_variable(std::string_view& uri, UriVariable& found) {
  const size_t open = std::min(uri.find('{'), uri.size());
  const bool dollar = open > 0 && open < uri.size() && uri[open - 1] == '$';
  uri.remove_prefix(open);
  const size_t close = uri.find('}');
  if (uri.empty() || close == std::string_view::npos) return false;
  found = {uri.substr(1, close - 1), dollar};
  uri.remove_prefix(close + 1);
  return true;
}

std::string wrong_part(const UriVariable& variable, const std::vector<PathSegment>& segments) {
  constexpr std::string_view kStageVariables = "stageVariables.";
  if (variable.dollar) {
    const bool fits = variable.name.starts_with(kStageVariables) &&
                      is_stage_variable_name(variable.name.substr(kStageVariables.size()));
    return fits ? std::string()
                : concat("${", variable.name, "} is no stage variable; one is ",
                         "${stageVariables.name}");
  }
  const bool known = std::any_of(segments.begin(), segments.end(), [&](const PathSegment& segment) {
    return segment.kind != SegmentKind::Static && segment.text == variable.name;
  });
  return known ? std::string()
               : concat('{', variable.name, "} is no variable of the resource's path");
}

void check_uri(Validation& validation, const KeyPath& path, std::string_view uri,
               const std::vector<PathSegment>& segments) {
  const size_t scheme = uri.starts_with("http://") ? 7 : uri.starts_with("https://") ? 8 : 0;
  if (scheme == 0 || uri.size() == scheme || uri[scheme] == '/' || uri[scheme] == '?') {
    return validation.add(
        path, concat('"', uri, "\" is no URL; one looks like \"http://10.0.1.5:8080/{proxy}\""));
  }
  if (has_control_octet(uri) || uri.find_first_of(" #\"<>\\^`|") != std::string_view::npos) {
    return validation.add(path, "a URL has no spaces, no fragment and none of \" < > \\ ^ ` |");
  }
  const size_t host_end = std::min(uri.find_first_of("/?", scheme), uri.size());
  std::string_view rest = uri;
  UriVariable variable;
  while (next_variable(rest, variable)) {
    std::string problem = wrong_part(variable, segments);
    const auto at = static_cast<size_t>(variable.name.data() - uri.data());
    if (problem.empty() && !variable.dollar && at <= host_end) {
      problem = concat('{', variable.name,
                       "} stands in the host or port, so that a client would choose the server; "
                       "write a \"/\" before it");
    }
    if (!problem.empty()) validation.add(path, std::move(problem));
  }
  if (std::count(uri.begin(), uri.end(), '{') != std::count(uri.begin(), uri.end(), '}')) {
    validation.add(path, concat('"', uri, "\" has a brace without its pair"));
  }
}

void check_http_proxy(Validation& validation, const KeyPath& path, const Integration& integration,
                      const std::vector<PathSegment>& segments) {
  check_uri(validation, below(path, "uri"), integration.uri, segments);
  const auto& known = resource_methods();
  const bool fits = integration.http_method.empty() ||
                    std::find(known.begin(), known.end(), integration.http_method) != known.end();
  if (!fits) {
    validation.add(below(path, "http_method"),
                   concat('"', integration.http_method,
                          "\" is no method; there are DELETE, GET, HEAD, OPTIONS, PATCH, POST and "
                          "PUT, and ANY, which is the call's own"));
  }
}

void check_mock(Validation& validation, const KeyPath& path, const Integration& integration) {
  std::set<uint16_t> statuses;
  for (size_t i = 0; i < integration.responses.size(); ++i) {
    const IntegrationResponse& response = integration.responses[i];
    const KeyPath at = below(path, "responses", i);
    check_status_code(validation, below(at, "status_code"), response.status_code);
    if (!statuses.insert(response.status_code).second) {
      validation.add(below(at, "status_code"),
                     concat("there is a response with ", response.status_code, " already"));
    }
    check_response_headers(validation, below(at, "headers"), response.headers);
  }
  const auto status = mock_status_code(integration.request_template);
  if (!status) {
    validation.add(below(path, "request_template"), status.error());
  } else if (!statuses.contains(*status)) {
    validation.add(below(path, "responses"), concat("request_template chooses ", *status,
                                                    ", but no response has that status_code"));
  }
}

/// Source: Lambda API Reference, CreateFunction; Developer Guide, "Lambda quotas".
constexpr uint32_t kMaxTimeoutSeconds = 900;
constexpr uint32_t kMinMemory = 128;
constexpr uint32_t kMaxMemory = 10240;
constexpr uint32_t kMaxConcurrency = 10000;  // limit of inlet53; each environment is a process
constexpr size_t kMaxEnvironment = 4096;     // bytes of all names and values

/// Variables that Lambda sets. Source: Lambda Developer Guide, "Defined runtime environment
/// variables".
constexpr std::array<std::string_view, 9> kReservedNames = {
    "AWS_ACCESS_KEY",    "AWS_ACCESS_KEY_ID",  "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV", "AWS_REGION",         "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_SECRET_KEY",
};

bool is_reserved(std::string_view name) {
  return name.starts_with("AWS_LAMBDA_") ||
         std::find(kReservedNames.begin(), kReservedNames.end(), name) != kReservedNames.end();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_python(std::string_view runtime) {
  return runtime.starts_with("python3.") && is_number(runtime.substr(8));
}

bool is_node(std::string_view runtime) {
  return runtime.starts_with("nodejs") && runtime.ends_with(".x") && runtime.size() > 8 &&
         is_number(runtime.substr(6, runtime.size() - 8));
}

bool is_provided(std::string_view runtime) {
  return runtime == "provided" || runtime == "provided.al2" || runtime == "provided.al2023";
}

void check_runtime(Validation& validation, const KeyPath& path, const Function& function) {
  const std::string& runtime = function.runtime;
  const bool interpreted = is_python(runtime) || is_node(runtime);
  if (!interpreted && !is_provided(runtime)) {
    validation.add(
        below(path, "runtime"),
        concat('"', runtime,
               "\" is no runtime that runs here; there are python3.x as \"python3.11\", "
               "nodejs as \"nodejs20.x\", and \"provided.al2023\" for a bootstrap of your "
               "own"));
  }
  const size_t dot = function.handler.rfind('.');
  const bool names_a_function = dot != std::string::npos && dot > 0 &&
                                dot + 1 < function.handler.size() &&
                                !has_control_octet(function.handler);
  if (interpreted && !names_a_function) {
    validation.add(
        below(path, "handler"),
        concat('"', function.handler, "\" names no function in a file, as \"app.handler\" does"));
  }
}

void check_limits(Validation& validation, const KeyPath& path, const Function& function) {
  if (function.timeout_seconds < 1 || function.timeout_seconds > kMaxTimeoutSeconds) {
    validation.add(below(path, "timeout"),
                   concat(function.timeout_seconds, " s is out of range: from 1 s to 15 min"));
  }
  if (function.memory_size < kMinMemory || function.memory_size > kMaxMemory) {
    validation.add(below(path, "memory_size"),
                   concat(function.memory_size, " is out of range: from ", kMinMemory, " to ",
                          kMaxMemory, " MiB"));
  }
  if (function.reserved_concurrency.value_or(0) > kMaxConcurrency) {
    validation.add(
        below(path, "reserved_concurrency"),
        concat(*function.reserved_concurrency, " is out of range: from 0 to ", kMaxConcurrency));
  }
}

void check_environment(Validation& validation, const KeyPath& path, const Function& function) {
  size_t octets = 0;
  std::set<std::string_view> seen;
  for (const NamedText& variable : function.environment) {
    octets += variable.name.size() + variable.value.size();
    const KeyPath at = below(path, variable.name);
    if (!is_environment_name(variable.name)) {
      validation.add(at, concat('"', variable.name,
                                "\" is no name of an environment variable; one is a letter, then "
                                "letters, digits and _"));
    } else if (is_reserved(variable.name)) {
      validation.add(at, concat(variable.name, " is set by Lambda itself"));
    } else if (!seen.insert(variable.name).second) {
      validation.add(at, "the function has this variable already");
    }
    if (variable.value.find('\0') != std::string::npos) {
      validation.add(at, "the value has a NUL character");
    }
  }
  if (octets > kMaxEnvironment) {
    validation.add(
        path, concat("the environment has ", octets, " bytes; Lambda takes ", kMaxEnvironment));
  }
}

}  // namespace

void check_integration(Validation& validation, const KeyPath& path, const RestApi& api,
                       const Integration& integration, const std::vector<PathSegment>& segments) {
  if (integration.timeout_ms < kMinTimeoutMs || integration.timeout_ms > kMaxTimeoutMs) {
    validation.add(below(path, "timeout"),
                   concat(integration.timeout_ms, " ms is out of range: from 50 ms to 29 s"));
  }
  switch (integration.type) {
    case IntegrationType::AwsProxy:
      return check_function(validation, below(path, "function"), api, integration.function);
    case IntegrationType::HttpProxy:
      return check_http_proxy(validation, path, integration, segments);
    case IntegrationType::Mock:
      return check_mock(validation, path, integration);
  }
}

void check_functions(Validation& validation) {
  std::set<std::string_view> ids;
  for (const Function& function : validation.topology().functions) {
    const KeyPath path{"function", function.name};
    check_owner(validation, path, function.region, function.account_id);
    if (!is_function_name(function.name)) {
      validation.add(path, concat('"', function.name,
                                  "\" is no name of a function; one is 1 to 64 letters, digits, - "
                                  "and _"));
    } else if (!ids.insert(function.id).second) {
      validation.add(path, "another object of this kind has the same name");
    }
    check_runtime(validation, path, function);
    check_limits(validation, path, function);
    check_environment(validation, below(path, "environment"), function);
  }
}

}  // namespace inlet53::topology
