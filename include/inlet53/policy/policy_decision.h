// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/policy/policy_request.h"
#include "inlet53/policy/resource_policy.h"

/// What a resource policy says about one request, and why.
/// Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization
/// workflow" (API Gateway resource policy only: what no statement allows is denied).
namespace inlet53::policy {

enum class PolicyOutcome : uint8_t { Allow, ExplicitDeny, ImplicitDeny };

/// `allow`, `explicit deny`, `implicit deny`.
[[nodiscard]] std::string_view outcome_text(PolicyOutcome outcome) noexcept;

struct PolicyDecision {
  PolicyOutcome outcome = PolicyOutcome::ImplicitDeny;
  /// The statement that decided, from 0: the first Deny that matches, else the first Allow.
  std::optional<size_t> statement;

  friend bool operator==(const PolicyDecision&, const PolicyDecision&) = default;
};

/// Decides. A policy without statements allows nothing.
/// Threads: any. Cost: allocates only for texts with variables and for ARN operators.
[[nodiscard]] PolicyDecision decide(const ResourcePolicy& policy, const PolicyRequest& request);

/// One condition beside the request. Lifetime: the policy's and the request's.
struct ConditionFinding {
  const Condition* condition = nullptr;
  const std::vector<std::string>* given =
      nullptr;  // the request's values; null: it has no such key
  bool met = false;
};

/// One statement beside the request, element by element.
struct StatementFinding {
  bool principal = false;
  bool action = false;
  bool resource = false;
  std::vector<ConditionFinding> conditions;

  /// Whether the statement applies: every element matches and every condition is met.
  [[nodiscard]] bool matches() const noexcept;
};

struct PolicyExplanation {
  PolicyDecision decision;
  std::vector<StatementFinding> statements;  // in the policy's order
};

/// Decides as `decide` does, and looks at every element of every statement on the way.
/// Lifetime: the policy's and the request's. Threads: any.
[[nodiscard]] PolicyExplanation explain(const ResourcePolicy& policy, const PolicyRequest& request);

/// How API Gateway words a refusal. Former: as it did until some time in 2025.
enum class RefusalWording : uint8_t { Current, Former };

/// Which of the policies that a call has to pass has refused it.
enum class PolicyKind : uint8_t { Resource, VpcEndpoint };

/// The sentence that API Gateway puts into `{"Message":"…"}` with 403 and
/// `x-amzn-ErrorType: AccessDeniedException`; of the account's id it shows the last four digits.
/// Requires: `outcome` is a refusal. Source: IAM User Guide, "Troubleshoot access denied error
/// messages" (for endpoint policies: no capture of one is known); captures of private APIs, 2025
/// and 2026.
[[nodiscard]] std::string refusal_message(PolicyOutcome outcome, const PolicyRequest& request,
                                          RefusalWording wording = RefusalWording::Current,
                                          PolicyKind kind = PolicyKind::Resource);

}  // namespace inlet53::policy
