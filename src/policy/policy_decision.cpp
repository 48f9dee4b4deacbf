// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_decision.h"

#include <algorithm>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

bool action_matches(const Statement& statement, const PolicyRequest& request) {
  return statement.actions.match(kInvokeAction, request, LetterCase::Ignored);
}

bool resource_matches(const Statement& statement, const PolicyRequest& request) {
  return statement.resources.match(request.resource, request, LetterCase::Counts);
}

bool statement_matches(const Statement& statement, const PolicyRequest& request) {
  return statement.principals.match_anonymous() && action_matches(statement, request) &&
         resource_matches(statement, request) &&
         std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&request](const Condition& condition) { return condition.is_met(request); });
}

// `matches(i)` returns whether statement i applies.
template <class Matches>
PolicyDecision decide_by(const ResourcePolicy& policy, const Matches& matches) {
  PolicyDecision decision;
  for (size_t i = 0; i < policy.statements.size(); ++i) {
    const Effect effect = policy.statements[i].effect;
    if (effect == Effect::Allow && decision.statement) continue;
    if (!matches(i)) continue;
    if (effect == Effect::Deny) return {PolicyOutcome::ExplicitDeny, i};
    decision = {PolicyOutcome::Allow, i};
  }
  return decision;
}

StatementResult examine(const Statement& statement, const PolicyRequest& request) {
  StatementResult result;
  result.principal = statement.principals.match_anonymous();
  result.action = action_matches(statement, request);
  result.resource = resource_matches(statement, request);
  result.conditions.reserve(statement.conditions.size());
  for (const Condition& condition : statement.conditions) {
    result.conditions.push_back(
        {&condition, request.keys.find(condition.folded_key), condition.is_met(request)});
  }
  return result;
}

// Returns `123456789012` as in messages: `********9012`.
std::string masked_account(std::string_view account) {
  constexpr size_t kShown = 4;
  return concat("********", account.substr(account.size() - std::min(account.size(), kShown)));
}

}  // namespace

std::string_view outcome_text(PolicyOutcome outcome) noexcept {
  switch (outcome) {
    case PolicyOutcome::Allow:
      return "allow";
    case PolicyOutcome::ExplicitDeny:
      return "explicit deny";
    case PolicyOutcome::ImplicitDeny:
      return "implicit deny";
  }
  return "";
}

bool StatementResult::matches() const noexcept {
  return principal && action && resource &&
         std::all_of(conditions.begin(), conditions.end(),
                     [](const ConditionResult& result) { return result.met; });
}

PolicyDecision decide(const ResourcePolicy& policy, const PolicyRequest& request) {
  return decide_by(policy,
                   [&](size_t i) { return statement_matches(policy.statements[i], request); });
}

PolicyExplanation explain(const ResourcePolicy& policy, const PolicyRequest& request) {
  PolicyExplanation explanation;
  explanation.statements.reserve(policy.statements.size());
  for (const Statement& statement : policy.statements) {
    explanation.statements.push_back(examine(statement, request));
  }
  explanation.decision =
      decide_by(policy, [&](size_t i) { return explanation.statements[i].matches(); });
  return explanation;
}

std::string refusal_message(PolicyOutcome outcome, const PolicyRequest& request,
                            RefusalWording wording, PolicyKind kind) {
  INLET53_CHECK(outcome != PolicyOutcome::Allow);
  ApiIdentity shown = request.api;
  const size_t prefix = api_arn(request.api).size();
  shown.account_id = masked_account(request.api.account_id);
  std::string sentence =
      concat("User: anonymous is not authorized to perform: ", kInvokeAction,
             " on resource: ", api_arn(shown), std::string_view(request.resource).substr(prefix));
  const bool current = wording == RefusalWording::Current;
  const std::string_view policy =
      kind == PolicyKind::Resource ? "resource-based policy" : "VPC endpoint policy";
  if (outcome == PolicyOutcome::ExplicitDeny) {
    return concat(sentence, " with an explicit deny", current ? concat(" in a ", policy) : "");
  }
  if (!current) return sentence;
  return concat(sentence, " because no ", policy, " allows the ", kInvokeAction, " action");
}

}  // namespace inlet53::policy
