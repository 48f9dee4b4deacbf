#pragma once

#include <string>
#include <vector>

#include "inlet53/gateway/policy_decision.h"
#include "inlet53/gateway/resource_policy.h"

namespace inlet53::app {

/// What `policy explain` has found out. Lifetime: not beyond what it refers to.
struct PolicyReport {
  const std::string& file;
  const gateway::ResourcePolicy& policy;
  const gateway::PolicyRequest& request;
  gateway::PolicyExplanation explanation;
  gateway::RefusalWording wording;
};

/// For people, with a line break at the end; for programs, one object on a line.
[[nodiscard]] std::string policy_report_text(const PolicyReport& report);
[[nodiscard]] std::string policy_report_json(const PolicyReport& report);

[[nodiscard]] std::string policy_errors_text(const std::string& file,
                                             const std::vector<gateway::PolicyError>& errors);
[[nodiscard]] std::string policy_errors_json(const std::string& file,
                                             const std::vector<gateway::PolicyError>& errors);

}  // namespace inlet53::app
