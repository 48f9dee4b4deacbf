#include <algorithm>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/ids.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/resource_path.h"

/// The stages of a REST API.
namespace inlet53::topology {

namespace {

/// Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API".
constexpr size_t kMaxStages = 10;
constexpr size_t kMaxVariables = 100;
constexpr size_t kMaxVariableName = 64;
constexpr size_t kMaxVariableValue = 512;
/// Ours: above what AWS gives to an account on request.
constexpr double kMaxRate = 1'000'000;
constexpr uint32_t kMaxBurst = 1'000'000;

void check_variables(Findings& findings, const KeyPath& path, const Stage& stage) {
  if (stage.variables.size() > kMaxVariables) {
    findings.add(path, concat("a stage has ", kMaxVariables, " variables at most"));
  }
  std::set<std::string_view> seen;
  for (const NamedText& variable : stage.variables) {
    const KeyPath at = below(path, variable.name);
    if (!is_stage_variable_name(variable.name) || variable.name.size() > kMaxVariableName) {
      findings.add(at, concat('"', variable.name, "\" is no name of a stage variable; one is 1 to ",
                              kMaxVariableName, " letters, digits and _"));
    } else if (!seen.insert(variable.name).second) {
      findings.add(at, "the stage has this variable already");
    }
    if (variable.value.size() > kMaxVariableValue || has_control_octet(variable.value)) {
      findings.add(at, concat("the value has more than ", kMaxVariableValue,
                              " octets or control characters"));
    }
  }
}

/// Whether `format` has the variable `$context.name` (and not merely one that begins so).
bool has_variable(std::string_view format, std::string_view name) {
  const std::string variable = concat("$context.", name);
  for (size_t at = format.find(variable); at != std::string_view::npos;
       at = format.find(variable, at + 1)) {
    const std::string_view after = format.substr(at + variable.size());
    if (after.empty() || !is_stage_variable_name(after.substr(0, 1))) return true;
  }
  return false;
}

void check_logs(Findings& findings, const KeyPath& path, const Stage& stage) {
  const std::string& format = stage.access_log.format;
  if (stage.access_log.file.empty()) return;
  const KeyPath at = below(path, "access_log", "format");
  if (has_control_octet(format)) {
    findings.add(at, "a format is one line without control characters");
  } else if (!has_variable(format, "requestId") && !has_variable(format, "extendedRequestId")) {
    findings.add(at, "a format has $context.requestId or $context.extendedRequestId, as AWS asks");
  }
  if (stage.execution_log == stage.access_log.file) {
    findings.add(below(path, "execution_log"), "this file is the access log already");
  }
}

void check_rates(Findings& findings, const KeyPath& path, const MethodSettings& settings) {
  // Written so that what is no number fails too.
  if (settings.throttling_rate_limit &&
      !(*settings.throttling_rate_limit >= 0 && *settings.throttling_rate_limit <= kMaxRate)) {
    findings.add(below(path, "throttling_rate_limit"),
                 "out of range: from 0 to 1000000 requests a second");
  }
  if (settings.throttling_burst_limit.value_or(0) > kMaxBurst) {
    findings.add(
        below(path, "throttling_burst_limit"),
        concat(*settings.throttling_burst_limit, " is out of range: from 0 to ", kMaxBurst));
  }
}

/// What is wrong with settings of their own for a method; empty when the API has it.
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

void check_method_settings(Findings& findings, const KeyPath& stage, const RestApi& api,
                           const std::vector<MethodSettings>& all) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const MethodSettings& settings : all) {
    const bool of_all = settings.resource_path == "*" && settings.http_method == "*";
    const KeyPath path = of_all ? stage
                                : below(stage, "method_settings",
                                        concat(settings.http_method, ' ', settings.resource_path));
    if (!seen.emplace(settings.resource_path, settings.http_method).second) {
      findings.add(path, "the stage has settings for this method already");
    }
    check_rates(findings, path, settings);
    if (of_all) continue;
    std::string problem = missing_method(api, settings);
    if (!problem.empty()) findings.add(path, std::move(problem));
  }
}

}  // namespace

void check_stages(Findings& findings, const RestApi& api) {
  const KeyPath stages{"rest_api", api.name, "stage"};
  if (api.stages.size() > kMaxStages) {
    findings.add(stages, concat("an API has ", kMaxStages, " stages at most"));
  }
  std::set<std::string_view> names;
  for (const Stage& stage : api.stages) {
    const KeyPath path = below(stages, stage.name);
    if (!is_stage_name(stage.name)) {
      findings.add(path, concat('"', stage.name,
                                "\" is no name of a stage; one is 1 to 128 letters, digits, - and "
                                "_"));
    } else if (!names.insert(stage.name).second) {
      findings.add(path, "the API has this stage already");
    }
    if (!has_shape(stage.deployment_id, id_shape::kApiDeployment)) {
      findings.add(below(path, "deployment_id"),
                   concat('"', stage.deployment_id, "\" is no id of this kind; it is ",
                          describe(id_shape::kApiDeployment)));
    }
    check_variables(findings, below(path, "variables"), stage);
    check_logs(findings, path, stage);
    check_method_settings(findings, path, api, stage.method_settings);
  }
}

}  // namespace inlet53::topology
