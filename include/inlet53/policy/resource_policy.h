// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/policy/policy_condition.h"
#include "inlet53/policy/policy_request.h"
#include "inlet53/policy/policy_text.h"

/// Resource policy of a REST API, and the parser of its JSON.
/// Source: IAM User Guide, "IAM JSON policy element reference"; API Gateway Developer Guide,
/// "Access policy language overview for Amazon API Gateway".
namespace inlet53::policy {

enum class Effect : uint8_t { Allow, Deny };

/// Principal, or NotPrincipal if `negated`. Every caller is anonymous: only `"*"` and `{"AWS":
/// "*"}` match it.
struct Principals {
  bool negated = false;
  bool anyone = false;
  std::vector<std::string> written;  // "*", "AWS 123456789012"

  [[nodiscard]] bool match_anonymous() const noexcept { return anyone != negated; }
};

/// Action and Resource, or NotAction and NotResource if `negated`. Resources are whole ARNs; the
/// parser expands the short form.
struct PolicyTexts {
  bool negated = false;
  std::vector<PolicyText> texts;

  /// Returns whether one of the texts matches `subject`; if `negated`, whether none does.
  [[nodiscard]] bool match(std::string_view subject, const PolicyRequest& request,
                           LetterCase letter_case) const;
};

struct Statement {
  std::string sid;  // empty: none
  Effect effect = Effect::Deny;
  Principals principals;
  PolicyTexts actions;
  PolicyTexts resources;
  std::vector<Condition> conditions;
  uint32_t line = 0;  // line of its start, from 1
};

/// Policy. Without statements it represents an API that has no policy.
/// Threads: const methods any.
struct ResourcePolicy {
  std::string version;
  std::string id;
  std::vector<Statement> statements;
  CallKeys keys;  // used by its conditions and variables
};

/// Error in a policy. Line and column count from 1, columns in bytes.
struct PolicyError {
  uint32_t line = 0;
  uint32_t column = 0;
  std::string path;  // Statement[0].Condition.IpAddress.aws:SourceIp[1]; empty: the document
  std::string message;

  /// Returns `policy.json:12:3: Statement[0].Effect: the problem`.
  [[nodiscard]] std::string to_text(std::string_view file) const;
};

/// Maximum size for API Gateway, in characters without the white space between tokens.
/// Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API".
inline constexpr size_t kMaxPolicySize = 8192;
/// Maximum size of VPC endpoint policies, likewise. Source: Amazon VPC User Guide, "Amazon VPC
/// quotas".
inline constexpr size_t kMaxEndpointPolicySize = 20480;

/// Parses a policy. Expands short resources (`execute-api:/Stage/GET/hello`) with `api`. Variables
/// are special only in Version 2012-10-17, as in IAM.
/// Errors: all errors of the policy, in the order of the document.
/// Threads: any.
[[nodiscard]] Result<ResourcePolicy, std::vector<PolicyError>> parse_resource_policy(
    std::string_view json, const ApiIdentity& api);

/// Parses the policy of a VPC endpoint: the same language, but whole ARNs only.
/// Source: API Gateway Developer Guide, "Use VPC endpoint policies for private APIs".
[[nodiscard]] Result<ResourcePolicy, std::vector<PolicyError>> parse_endpoint_policy(
    std::string_view json);

}  // namespace inlet53::policy
