#include <algorithm>
#include <array>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"

/// Lambda functions.
namespace inlet53::topology {

namespace {

/// Source: Lambda API Reference, CreateFunction; Developer Guide, "Lambda quotas".
constexpr uint32_t kMaxTimeoutSeconds = 900;
constexpr uint32_t kMinMemory = 128;
constexpr uint32_t kMaxMemory = 10240;
constexpr uint32_t kMaxConcurrency = 10000;  // ours; each environment is a process
constexpr size_t kMaxEnvironment = 4096;     // octets of all names and values

/// What Lambda sets itself. Source: Lambda Developer Guide, "Defined runtime environment
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

void check_runtime(Findings& findings, const KeyPath& path, const Function& function) {
  const std::string& runtime = function.runtime;
  const bool interpreted = is_python(runtime) || is_node(runtime);
  if (!interpreted && !is_provided(runtime)) {
    findings.add(below(path, "runtime"),
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
    findings.add(
        below(path, "handler"),
        concat('"', function.handler, "\" names no function in a file, as \"app.handler\" does"));
  }
}

void check_limits(Findings& findings, const KeyPath& path, const Function& function) {
  if (function.timeout_seconds < 1 || function.timeout_seconds > kMaxTimeoutSeconds) {
    findings.add(below(path, "timeout"),
                 concat(function.timeout_seconds, " s is out of range: from 1 s to 15 min"));
  }
  if (function.memory_size < kMinMemory || function.memory_size > kMaxMemory) {
    findings.add(below(path, "memory_size"), concat(function.memory_size, " is out of range: from ",
                                                    kMinMemory, " to ", kMaxMemory, " MiB"));
  }
  if (function.reserved_concurrency.value_or(0) > kMaxConcurrency) {
    findings.add(
        below(path, "reserved_concurrency"),
        concat(*function.reserved_concurrency, " is out of range: from 0 to ", kMaxConcurrency));
  }
}

void check_environment(Findings& findings, const KeyPath& path, const Function& function) {
  size_t octets = 0;
  std::set<std::string_view> seen;
  for (const NamedText& variable : function.environment) {
    octets += variable.name.size() + variable.value.size();
    const KeyPath at = below(path, variable.name);
    if (!is_environment_name(variable.name)) {
      findings.add(at, concat('"', variable.name,
                              "\" is no name of an environment variable; one is a letter, then "
                              "letters, digits and _"));
    } else if (is_reserved(variable.name)) {
      findings.add(at, concat(variable.name, " is set by Lambda itself"));
    } else if (!seen.insert(variable.name).second) {
      findings.add(at, "the function has this variable already");
    }
    if (variable.value.find('\0') != std::string::npos) {
      findings.add(at, "the value has a NUL character");
    }
  }
  if (octets > kMaxEnvironment) {
    findings.add(path,
                 concat("the environment has ", octets, " octets; Lambda takes ", kMaxEnvironment));
  }
}

}  // namespace

void check_functions(Findings& findings) {
  std::set<std::string_view> ids;
  for (const Function& function : findings.topology().functions) {
    const KeyPath path{"function", function.name};
    check_owner(findings, path, function.region, function.account_id);
    if (!is_function_name(function.name)) {
      findings.add(path, concat('"', function.name,
                                "\" is no name of a function; one is 1 to 64 letters, digits, - "
                                "and _"));
    } else if (!ids.insert(function.id).second) {
      findings.add(path, "another object of this kind has the same name");
    }
    check_runtime(findings, path, function);
    check_limits(findings, path, function);
    check_environment(findings, below(path, "environment"), function);
  }
}

}  // namespace inlet53::topology
