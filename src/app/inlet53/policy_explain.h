#pragma once

#include <optional>
#include <string>

#include "inlet53/policy/policy_decision.h"

namespace inlet53::app {

/// `inlet53 policy explain … METHOD PATH`. Empty texts were not given.
struct PolicyExplainOptions {
  std::string policy;   // --policy, the file; the API's of the configuration when not given
  std::string config;   // --config: where region, account and VPC come from unless they are given
  std::string api;      // --api, an id, or a name of the configuration
  std::string region;   // --region
  std::string account;  // --account
  std::string vpce;     // --vpce, an id, or a name of the configuration
  std::string vpc;      // --vpc
  std::string source;   // --source-ip
  std::string time;     // --time; the clock's when not given
  std::optional<std::string> user_agent;
  std::optional<std::string> referer;
  std::string method;
  std::string path;  // with its stage, /DemoStage/hello
  policy::RefusalWording wording = policy::RefusalWording::Current;
  bool json = false;  // -o json
};

/// Says on stdout whether a resource policy lets a call through, which statement decided and what
/// of every statement matched; for a refusal also what API Gateway answers. Faults of the policy
/// go to stderr, one a line, as `FILE:LINE:COLUMN: Statement[0].Effect: what is wrong`; with `json`
/// all is one object on stdout.
/// Returns kExitOk (let through), kExitFailure (refused), kExitUsage or kExitConfiguration (the
/// policy or the configuration can't be read).
[[nodiscard]] int run_policy_explain(const PolicyExplainOptions& options);

}  // namespace inlet53::app
