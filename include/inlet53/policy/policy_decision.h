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

/// Decision of a resource policy about one request, and its reasons.
/// Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization
/// workflow" (API Gateway resource policy only: a request that no statement allows is denied).
namespace inlet53::policy {

enum class PolicyOutcome : uint8_t { Allow, ExplicitDeny, ImplicitDeny };

/// Returns `allow`, `explicit deny` or `implicit deny`.
[[nodiscard]] std::string_view outcome_text(PolicyOutcome outcome) noexcept;

struct PolicyDecision {
  PolicyOutcome outcome = PolicyOutcome::ImplicitDeny;
  /// Statement that decides, from 0: the first Deny that matches, otherwise the first Allow.
  std::optional<size_t> statement;

  friend bool operator==(const PolicyDecision&, const PolicyDecision&) = default;
};

/// Decides about a request. A policy without statements allows nothing.
/// Threads: any. Cost: allocates only for texts with variables and for ARN operators.
[[nodiscard]] PolicyDecision decide(const ResourcePolicy& policy, const PolicyRequest& request);

/// Result of one condition for the request. Lifetime: the policy's and the request's.
struct ConditionResult {
  const Condition* condition = nullptr;
  const std::vector<std::string>* given =
      nullptr;  // the request's values; null: the request has no such key
  bool met = false;
};

/// Result of one statement for the request, element by element.
struct StatementResult {
  bool principal = false;
  bool action = false;
  bool resource = false;
  std::vector<ConditionResult> conditions;

  /// Returns whether the statement applies: every element matches and every condition is met.
  [[nodiscard]] bool matches() const noexcept;
};

struct PolicyExplanation {
  PolicyDecision decision;
  std::vector<StatementResult> statements;  // in the policy's order
};

/// Decides in the same way, and evaluates every element of every statement.
/// Lifetime: the policy's and the request's. Threads: any.
[[nodiscard]] PolicyExplanation explain(const ResourcePolicy& policy, const PolicyRequest& request);

/// Wording of a denial by API Gateway. Former: the wording until some time in 2025.
enum class RefusalWording : uint8_t { Current, Former };

/// Policy that denied the call.
enum class PolicyKind : uint8_t { Resource, VpcEndpoint };

/// Returns the sentence that API Gateway sends in `{"Message":"…"}` with 403 and `x-amzn-ErrorType:
/// AccessDeniedException`. It shows the last four digits of the account's id. Requires: `outcome`
/// is a denial. Source: IAM User Guide, "Troubleshoot access denied error messages" (no capture of
/// an endpoint policy's message is known); captures of private APIs, 2025 and 2026.
[[nodiscard]] std::string refusal_message(PolicyOutcome outcome, const PolicyRequest& request,
                                          RefusalWording wording = RefusalWording::Current,
                                          PolicyKind kind = PolicyKind::Resource);

}  // namespace inlet53::policy
