#include <algorithm>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"
#include "inlet53/topology/mock_template.h"

/// What serves a method.
namespace inlet53::topology {

namespace {

/// Source: API Gateway API Reference, Integration.timeoutInMillis.
constexpr uint32_t kMinTimeoutMs = 50;
constexpr uint32_t kMaxTimeoutMs = 29000;

void check_function(Findings& findings, const KeyPath& path, const RestApi& api,
                    std::string_view id) {
  const Function* function =
      findings.reference(path, findings.topology().functions, id, "function");
  if (function == nullptr) return;
  if (function->region != api.region) {
    findings.add(path, concat("function \"", function->name, "\" is in ", function->region,
                              ", but the REST API in ", api.region));
  } else if (function->account_id != api.account_id) {
    findings.add(path, concat("function \"", function->name, "\" is of account ",
                              function->account_id, ", but the REST API of ", api.account_id));
  }
}

/// What stands in braces in a URI: `name` in `{name}` and in `${name}`.
struct UriVariable {
  std::string_view name;
  bool dollar = false;
};

/// Takes the first variable off `uri`; false when there is none, or when its brace has no end
/// (then `uri` begins with it).
bool take_part(std::string_view& uri, UriVariable& found) {
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

void check_uri(Findings& findings, const KeyPath& path, std::string_view uri,
               const std::vector<PathSegment>& segments) {
  const size_t scheme = uri.starts_with("http://") ? 7 : uri.starts_with("https://") ? 8 : 0;
  if (scheme == 0 || uri.size() == scheme || uri[scheme] == '/' || uri[scheme] == '?') {
    return findings.add(
        path, concat('"', uri, "\" is no URL; one looks like \"http://10.0.1.5:8080/{proxy}\""));
  }
  if (has_control_octet(uri) || uri.find_first_of(" #\"<>\\^`|") != std::string_view::npos) {
    return findings.add(path, "a URL has no spaces, no fragment and none of \" < > \\ ^ ` |");
  }
  const size_t host_end = std::min(uri.find_first_of("/?", scheme), uri.size());
  std::string_view rest = uri;
  UriVariable variable;
  while (take_part(rest, variable)) {
    std::string problem = wrong_part(variable, segments);
    const auto at = static_cast<size_t>(variable.name.data() - uri.data());
    if (problem.empty() && !variable.dollar && at <= host_end) {
      problem = concat('{', variable.name,
                       "} stands in the host or port, so that a client would choose the server; "
                       "write a \"/\" before it");
    }
    if (!problem.empty()) findings.add(path, std::move(problem));
  }
  if (std::count(uri.begin(), uri.end(), '{') != std::count(uri.begin(), uri.end(), '}')) {
    findings.add(path, concat('"', uri, "\" has a brace without its pair"));
  }
}

void check_http_proxy(Findings& findings, const KeyPath& path, const Integration& integration,
                      const std::vector<PathSegment>& segments) {
  check_uri(findings, below(path, "uri"), integration.uri, segments);
  const auto& known = resource_methods();
  const bool fits = integration.http_method.empty() ||
                    std::find(known.begin(), known.end(), integration.http_method) != known.end();
  if (!fits) {
    findings.add(below(path, "http_method"),
                 concat('"', integration.http_method,
                        "\" is no method; there are DELETE, GET, HEAD, OPTIONS, PATCH, POST and "
                        "PUT, and ANY, which is the call's own"));
  }
}

void check_mock(Findings& findings, const KeyPath& path, const Integration& integration) {
  std::set<uint16_t> statuses;
  for (size_t i = 0; i < integration.responses.size(); ++i) {
    const IntegrationResponse& response = integration.responses[i];
    const KeyPath at = below(path, "responses", i);
    check_status_code(findings, below(at, "status_code"), response.status_code);
    if (!statuses.insert(response.status_code).second) {
      findings.add(below(at, "status_code"),
                   concat("there is a response with ", response.status_code, " already"));
    }
    check_response_headers(findings, below(at, "headers"), response.headers);
  }
  const auto status = mock_status_code(integration.request_template);
  if (!status) {
    findings.add(below(path, "request_template"), status.error());
  } else if (!statuses.contains(*status)) {
    findings.add(below(path, "responses"), concat("request_template chooses ", *status,
                                                  ", but no response has that status_code"));
  }
}

}  // namespace

void check_integration(Findings& findings, const KeyPath& path, const RestApi& api,
                       const Integration& integration, const std::vector<PathSegment>& segments) {
  if (integration.timeout_ms < kMinTimeoutMs || integration.timeout_ms > kMaxTimeoutMs) {
    findings.add(below(path, "timeout"),
                 concat(integration.timeout_ms, " ms is out of range: from 50 ms to 29 s"));
  }
  switch (integration.type) {
    case IntegrationType::AwsProxy:
      return check_function(findings, below(path, "function"), api, integration.function);
    case IntegrationType::HttpProxy:
      return check_http_proxy(findings, path, integration, segments);
    case IntegrationType::Mock:
      return check_mock(findings, path, integration);
  }
}

}  // namespace inlet53::topology
