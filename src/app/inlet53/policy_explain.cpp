#include "policy_explain.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <utility>

#include "policy_report.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/exit_code.h"
#include "inlet53/base/ids.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/policy/iso_date.h"

namespace inlet53::app {

namespace {

constexpr std::string_view kDefaultRegion = "eu-west-1";
constexpr std::string_view kDefaultAccount = "123456789012";

// What to end with: the sentences for stderr, and the exit code.
struct Ending {
  std::string text;
  int code = kExitUsage;
};

auto usage(std::string text) { return Unexpected(Ending{std::move(text), kExitUsage}); }

// The object that `word` names or identifies; null when there is none.
template <class Object>
const Object* find_object(const std::vector<Object>& objects, std::string_view word) {
  const auto found = std::find_if(objects.begin(), objects.end(), [word](const Object& object) {
    return object.id == word || object.name == word;
  });
  return found == objects.end() ? nullptr : &*found;
}

// A policy's text, and what to call it in a report.
struct PolicySource {
  std::string name;
  std::string text;
};

Result<PolicySource, Ending> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 4096> part;
  while (file.read(part.data(), part.size()) || file.gcount() > 0) {
    text.append(part.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    return Unexpected(Ending{concat(path, ": can't be read"), kExitConfiguration});
  }
  return PolicySource{path, std::move(text)};
}

// What is to be explained: the options, with what the configuration knows where they say nothing.
struct Subject {
  PolicyExplainOptions options;
  PolicySource policy;
};

Result<Subject, Ending> completed(PolicyExplainOptions options) {
  if (options.config.empty()) {
    if (options.policy.empty())
      return usage("needs --policy, or --config with an API that has one");
    auto policy = read_file(options.policy);
    if (!policy) return Unexpected(policy.error());
    return Subject{std::move(options), std::move(*policy)};
  }
  const auto config = config::load_config(options.config);
  if (!config) {
    std::string faults;
    for (const auto& error : config.error()) {
      faults = concat(faults, faults.empty() ? "" : "\n", error.to_text());
    }
    return Unexpected(Ending{std::move(faults), kExitConfiguration});
  }
  const topology::Topology& topology = config->topology;
  const auto* api = find_object(topology.rest_apis, options.api);
  if (api == nullptr) {
    return usage(concat(options.config, " has no REST API ", options.api));
  }
  options.api = api->id;
  if (options.region.empty()) options.region = api->region;
  if (options.account.empty()) options.account = api->account_id;
  if (const auto* endpoint = find_object(topology.vpc_endpoints, options.vpce)) {
    options.vpce = endpoint->id;
    if (options.vpc.empty()) options.vpc = endpoint->vpc;
  } else if (!options.vpce.empty() && !has_shape(options.vpce, id_shape::kVpcEndpoint)) {
    return usage(concat(options.config, " has no VPC endpoint ", options.vpce));
  }
  if (!options.policy.empty()) {
    auto policy = read_file(options.policy);
    if (!policy) return Unexpected(policy.error());
    return Subject{std::move(options), std::move(*policy)};
  }
  if (api->policy.empty()) {
    return Unexpected(Ending{concat(options.config, ": REST API ", api->name,
                                    " has no policy: every call of it is refused"),
                             kExitConfiguration});
  }
  PolicySource policy{api->policy_file.empty()
                          ? concat(options.config, ": rest_api.", api->name, ".policy")
                          : api->policy_file,
                      api->policy};
  return Subject{std::move(options), std::move(policy)};
}

std::optional<std::string_view> if_given(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Result<policy::Caller, Ending> make_caller(const PolicyExplainOptions& options) {
  policy::Caller caller;
  const auto address = IpAddress::parse(options.source);
  if (!address) return usage(concat("not an IP address: ", options.source));
  caller.address = *address;
  caller.vpc_endpoint = if_given(options.vpce);
  caller.vpc = if_given(options.vpc);
  caller.user_agent = options.user_agent;
  caller.referer = options.referer;
  caller.wall_seconds = read_clock().wall_seconds;
  if (!options.time.empty()) {
    const auto time = policy::parse_date(options.time);
    if (!time) return usage(concat("not a time, as in 2026-11-22T15:04:05Z: ", options.time));
    caller.wall_seconds = *time;
  }
  return caller;
}

policy::ApiIdentity identity(const PolicyExplainOptions& options) {
  return {options.region.empty() ? std::string(kDefaultRegion) : options.region,
          options.account.empty() ? std::string(kDefaultAccount) : options.account, options.api};
}

Result<policy::PolicyRequest, Ending> make_request(const PolicyExplainOptions& options) {
  const auto caller = make_caller(options);
  if (!caller) return Unexpected(caller.error());
  std::string_view path = options.path;
  path = path.substr(0, path.find('?'));  // ARNs have no query
  if (!path.starts_with('/') || path.size() < 2 || path[1] == '/') {
    return usage(concat("not a path with its stage, as in /DemoStage/hello: ", options.path));
  }
  path.remove_prefix(1);
  const size_t slash = std::min(path.find('/'), path.size());
  return policy::make_policy_request(identity(options), path.substr(0, slash), options.method,
                                     path.substr(slash), *caller);
}

int end_with(const Ending& ending) {
  std::cerr << "inlet53: " << ending.text << '\n';
  return ending.code;
}

}  // namespace

int run_policy_explain(const PolicyExplainOptions& given) {
  const auto subject = completed(given);
  if (!subject) return end_with(subject.error());
  const PolicyExplainOptions& options = subject->options;
  const auto request = make_request(options);
  if (!request) return end_with(request.error());
  const auto policy = policy::parse_resource_policy(subject->policy.text, request->api);
  if (!policy) {
    if (options.json) {
      std::cout << policy_errors_json(subject->policy.name, policy.error());
    } else {
      std::cerr << policy_errors_text(subject->policy.name, policy.error());
    }
    return kExitConfiguration;
  }
  const PolicyReport report{subject->policy.name, *policy, *request,
                            policy::explain(*policy, *request), options.wording};
  std::cout << (options.json ? policy_report_json(report) : policy_report_text(report));
  std::cout.flush();
  return report.explanation.decision.outcome == policy::PolicyOutcome::Allow ? kExitOk
                                                                             : kExitFailure;
}

}  // namespace inlet53::app
