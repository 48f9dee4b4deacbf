// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "inlet53/policy/policy_decision.h"
#include "inlet53/policy/resource_policy.h"

namespace inlet53::app {

/// Result of `policy explain`. Lifetime: its references'.
struct PolicyReport {
  const std::string& file;
  const policy::ResourcePolicy& policy;
  const policy::PolicyRequest& request;
  policy::PolicyExplanation explanation;
  policy::RefusalWording wording{};
};

/// Formats the report as text that ends with a newline, or as one JSON object on a line.
[[nodiscard]] std::string policy_report_text(const PolicyReport& report);
[[nodiscard]] std::string policy_report_json(const PolicyReport& report);

[[nodiscard]] std::string policy_errors_text(const std::string& file,
                                             const std::vector<policy::PolicyError>& errors);
[[nodiscard]] std::string policy_errors_json(const std::string& file,
                                             const std::vector<policy::PolicyError>& errors);

}  // namespace inlet53::app
