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

/// The resource policy of a REST API, and the reading of its JSON.
/// Source: IAM User Guide, "IAM JSON policy element reference"; API Gateway Developer Guide,
/// "Access policy language overview for Amazon API Gateway".
namespace inlet53::policy {

enum class Effect : uint8_t { Allow, Deny };

/// Principal, or with `negated` NotPrincipal. Every caller is anonymous: `"*"` and `{"AWS": "*"}`
/// name it, no other principal does.
struct Principals {
  bool negated = false;
  bool anyone = false;
  std::vector<std::string> written;  // "*", "AWS 123456789012"

  [[nodiscard]] bool match_anonymous() const noexcept { return anyone != negated; }
};

/// Action and Resource, or with `negated` NotAction and NotResource. Resources are whole ARNs: the
/// short form has been expanded.
struct PolicyTexts {
  bool negated = false;
  std::vector<PolicyText> texts;

  /// Whether one of the texts covers `subject`; with `negated` whether none does.
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
  uint32_t line = 0;  // where it begins, from 1
};

/// A policy. One without statements stands for an API that has no policy.
/// Threads: const methods any.
struct ResourcePolicy {
  std::string version;
  std::string id;
  std::vector<Statement> statements;
  CallKeys keys;  // that its conditions and variables look at
};

/// One thing that is wrong with a policy. Line and column count from 1, columns in octets.
struct PolicyError {
  uint32_t line = 0;
  uint32_t column = 0;
  std::string path;  // Statement[0].Condition.IpAddress.aws:SourceIp[1]; empty: the document
  std::string message;

  /// `policy.json:12:3: Statement[0].Effect: what is wrong`.
  [[nodiscard]] std::string to_text(std::string_view file) const;
};

/// What API Gateway takes, in characters without the white space between tokens.
/// Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API".
inline constexpr size_t kMaxPolicySize = 8192;
/// The same of VPC endpoint policies. Source: Amazon VPC User Guide, "Amazon VPC quotas".
inline constexpr size_t kMaxEndpointPolicySize = 20480;

/// Reads a policy. `api` is what short resources (`execute-api:/Stage/GET/hello`) are expanded
/// with. Variables are special in Version 2012-10-17 only, as IAM has it.
/// Errors: all that are found, in the order of the document.
/// Threads: any.
[[nodiscard]] Result<ResourcePolicy, std::vector<PolicyError>> parse_resource_policy(
    std::string_view json, const ApiIdentity& api);

/// Reads the policy of a VPC endpoint: the same language, with whole ARNs only.
/// Source: API Gateway Developer Guide, "Use VPC endpoint policies for private APIs".
[[nodiscard]] Result<ResourcePolicy, std::vector<PolicyError>> parse_endpoint_policy(
    std::string_view json);

}  // namespace inlet53::policy
