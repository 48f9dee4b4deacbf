// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <utility>

#include "commands.h"
#include "policy_report.h"
#include <CLI/CLI.hpp>

#include "inlet53/base/aws_names.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/policy/policy_condition.h"

namespace inlet53::app {

namespace {

constexpr const char* kExplainDetails =
    "The caller is anonymous. With a VPC endpoint (--vpce) its address is aws:VpcSourceIp,\n"
    "without one aws:SourceIp. With --config, the API and the endpoint may be names, and the\n"
    "policy, region, account and VPC come from the file.\n"
    "Exit code 0: the policy allows the call; 1: it denies the call; 2: usage; 3: the policy\n"
    "cannot be read.";

void add_api(CLI::App& explain, PolicyExplainOptions& options) {
  explain
      .add_option("--policy", options.policy,
                  "the resource policy (JSON; default: the API's in --config)")
      ->type_name("FILE");
  explain.add_option("--config", options.config, "a configuration file that has the API")
      ->type_name("FILE");
  explain.add_option("--api", options.api, "the REST API's id")->type_name("ID")->required();
  explain.add_option("--region", options.region, "the API's region (default: eu-west-1)")
      ->type_name("REGION");
  explain.add_option("--account", options.account, "the API's account (default: 123456789012)")
      ->type_name("ID");
}

void add_caller(CLI::App& explain, PolicyExplainOptions& options) {
  explain.add_option("--source-ip", options.source, "the caller's address")
      ->type_name("ADDRESS")
      ->required();
  explain.add_option("--vpce", options.vpce, "the VPC endpoint of the call")->type_name("ID");
  explain.add_option("--vpc", options.vpc, "the endpoint's VPC")->type_name("ID");
  explain.add_option("--time", options.time, "the time of the call (default: now)")
      ->type_name("TIME");
  explain.add_option("--user-agent", options.user_agent, "the header User-Agent of the call")
      ->type_name("TEXT");
  explain.add_option("--referer", options.referer, "the header Referer of the call")
      ->type_name("TEXT");
}

constexpr std::string_view kDefaultRegion = "eu-west-1";
constexpr std::string_view kDefaultAccount = "123456789012";

// Failure: the text for stderr and the exit code.
struct Ending {
  std::string text;
  int code = kExitUsage;
};

auto usage(std::string text) { return Unexpected(Ending{std::move(text), kExitUsage}); }

// Finds an object by name or id; null when there is none.
template <class Object>
const Object* find_object(const std::vector<Object>& objects, std::string_view word) {
  const auto found = std::find_if(objects.begin(), objects.end(), [word](const Object& object) {
    return object.id == word || object.name == word;
  });
  return found == objects.end() ? nullptr : &*found;
}

// Text of a policy and its name in a report.
struct PolicySource {
  std::string name;
  std::string text;
};

Result<PolicySource, Ending> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 4096> part{};
  while (file.read(part.data(), part.size()) || file.gcount() > 0) {
    text.append(part.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    return Unexpected(Ending{concat(path, ": can't be read"), kExitConfiguration});
  }
  return PolicySource{path, std::move(text)};
}

// Input of the explanation: the options, completed from the configuration.
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
  print_error(ending.text);
  return ending.code;
}

}  // namespace

CLI::App* add_policy(CLI::App& app, PolicyExplainOptions& options, std::string& output) {
  CLI::App* policy = app.add_subcommand("policy", "explains resource policies");
  policy->require_subcommand(1);
  CLI::App* explain =
      policy->add_subcommand("explain", "shows whether a policy allows a call, and why");
  explain->footer(kExplainDetails);
  add_api(*explain, options);
  add_caller(*explain, options);
  explain->add_flag_callback(
      "--former-wording", [&options] { options.wording = policy::RefusalWording::Former; },
      "use the text of denials that API Gateway had until 2025");
  explain->add_option("-o,--output", output, "format of the output (default: text)")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  explain->add_option("METHOD", options.method, "the call's method")->required();
  explain->add_option("PATH", options.path, "the call's path with the stage: /DemoStage/hello")
      ->required();
  return policy;
}

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
