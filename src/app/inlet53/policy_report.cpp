// SPDX-License-Identifier: Apache-2.0
#include "policy_report.h"

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "inlet53/base/json_dump.h"
#include "inlet53/base/text.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;
using policy::Condition;
using policy::ConditionResult;
using policy::PolicyOutcome;
using policy::Statement;
using policy::StatementResult;

constexpr int kForbidden = 403;
constexpr std::string_view kErrorType = "AccessDeniedException";

std::string_view effect_text(policy::Effect effect) {
  return effect == policy::Effect::Allow ? "Allow" : "Deny";
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(concat('"', text, '"'));
  return quoted.empty() ? "nothing" : joined(quoted);
}

std::vector<std::string> written(const policy::PolicyTexts& texts) {
  std::vector<std::string> list;
  list.reserve(texts.texts.size());
  for (const policy::PolicyText& text : texts.texts) list.push_back(text.text());
  return list;
}

std::vector<std::string> written(const Condition& condition) {
  std::vector<std::string> list;
  list.reserve(condition.values.size());
  for (const policy::ConditionValue& value : condition.values) list.push_back(value.written);
  return list;
}

// One element of a statement next to the request.
struct Element {
  std::string name;
  std::vector<std::string> policy;
  bool matches;
};

std::vector<Element> elements(const Statement& statement, const StatementResult& result) {
  return {{statement.principals.negated ? "NotPrincipal" : "Principal",
           statement.principals.written, result.principal},
          {statement.actions.negated ? "NotAction" : "Action", written(statement.actions),
           result.action},
          {statement.resources.negated ? "NotResource" : "Resource", written(statement.resources),
           result.resource}};
}

std::string statement_name(const PolicyReport& report, size_t index) {
  const Statement& statement = report.policy.statements[index];
  return concat("Statement[", index, ']', statement.sid.empty() ? "" : " ", statement.sid, " (",
                report.file, ':', statement.line, ')');
}

// Explains the result of a condition whose key is absent.
std::string_view absence_text(const ConditionResult& result) {
  const policy::ConditionOperator& op = result.condition->op;
  if (op.type == policy::ValueType::Null) return "the request does not have the key";
  if (op.if_exists) return "the request does not have the key, and IfExists does not require it";
  if (op.set == policy::SetOperator::ForAllValues) {
    return "the request does not have the key, and ForAllValues matches an empty set";
  }
  if (op.set == policy::SetOperator::ForAnyValue) {
    return "the request does not have the key, and ForAnyValue requires a value";
  }
  return op.negated ? "the request does not have the key, which matches a negated operator"
                    : "the request does not have the key";
}

std::string condition_text(const ConditionResult& result) {
  const Condition& condition = *result.condition;
  const std::string reason = result.given == nullptr
                                 ? std::string(absence_text(result))
                                 : concat("the request has ", quoted_list(*result.given));
  return concat("Condition ", condition.op.name, ' ', condition.key, ' ',
                quoted_list(written(condition)), ": ", reason);
}

void append_line(std::string& out, bool holds, std::string_view text) {
  out += holds ? "  yes  " : "  no   ";
  out += text;
  out += '\n';
}

void append_statement(std::string& out, const PolicyReport& report, size_t index) {
  const Statement& statement = report.policy.statements[index];
  const StatementResult& result = report.explanation.statements[index];
  out += concat('\n', statement_name(report, index), ": ", effect_text(statement.effect), ", ",
                result.matches() ? "matches" : "does not match", '\n');
  for (const Element& element : elements(statement, result)) {
    append_line(out, element.matches, concat(element.name, ' ', quoted_list(element.policy)));
  }
  for (const ConditionResult& condition : result.conditions) {
    append_line(out, condition.met, condition_text(condition));
  }
}

std::string decision_text(const PolicyReport& report) {
  const policy::PolicyDecision& decision = report.explanation.decision;
  const std::string_view outcome = outcome_text(decision.outcome);
  if (decision.statement)
    return concat(outcome, " by ", statement_name(report, *decision.statement));
  return concat(outcome, ": no statement allows it");
}

std::optional<std::string> refusal(const PolicyReport& report) {
  const PolicyOutcome outcome = report.explanation.decision.outcome;
  if (outcome == PolicyOutcome::Allow) return std::nullopt;
  return refusal_message(outcome, report.request, report.wording);
}

Json condition_json(const ConditionResult& result) {
  return {{"operator", result.condition->op.name},
          {"key", result.condition->key},
          {"values", written(*result.condition)},
          {"request", result.given == nullptr ? Json() : Json(*result.given)},
          {"met", result.met}};
}

Json statement_json(const PolicyReport& report, size_t index) {
  const Statement& statement = report.policy.statements[index];
  const StatementResult& result = report.explanation.statements[index];
  Json json = {{"index", index},
               {"sid", statement.sid.empty() ? Json() : Json(statement.sid)},
               {"line", statement.line},
               {"effect", effect_text(statement.effect)},
               {"matches", result.matches()},
               {"elements", Json::array()},
               {"conditions", Json::array()}};
  for (const Element& element : elements(statement, result)) {
    json["elements"].push_back(
        {{"name", element.name}, {"values", element.policy}, {"matches", element.matches}});
  }
  for (const ConditionResult& condition : result.conditions) {
    json["conditions"].push_back(condition_json(condition));
  }
  return json;
}

Json request_json(const policy::PolicyRequest& request) {
  Json keys = Json::object();
  for (const auto& entry : request.keys.entries()) {
    keys[entry.key] = entry.values.size() == 1 ? Json(entry.values.front()) : Json(entry.values);
  }
  return {{"principal", "anonymous"},
          {"action", policy::kInvokeAction},
          {"resource", request.resource},
          {"keys", std::move(keys)}};
}

}  // namespace

std::string policy_report_text(const PolicyReport& report) {
  std::string out = concat(decision_text(report), '\n');
  if (const auto message = refusal(report)) {
    out +=
        concat('\n', kForbidden, ' ', kErrorType, '\n', dump_json({{"Message", *message}}), '\n');
  }
  out += concat("\nanonymous, ", policy::kInvokeAction, " on ", report.request.resource, '\n');
  for (const auto& entry : report.request.keys.entries()) {
    out += concat("  ", entry.key, ' ', quoted_list(entry.values), '\n');
  }
  for (size_t i = 0; i < report.policy.statements.size(); ++i) append_statement(out, report, i);
  return out;
}

std::string policy_report_json(const PolicyReport& report) {
  const policy::PolicyDecision& decision = report.explanation.decision;
  const auto message = refusal(report);
  Json json = {{"file", report.file},
               {"ok", true},
               {"decision", outcome_text(decision.outcome)},
               {"statement", decision.statement ? Json(*decision.statement) : Json()},
               {"response", Json()},
               {"request", request_json(report.request)},
               {"statements", Json::array()}};
  if (message) {
    json["response"] = {{"status", kForbidden},
                        {"error_type", kErrorType},
                        {"body", dump_json({{"Message", *message}})}};
  }
  for (size_t i = 0; i < report.policy.statements.size(); ++i) {
    json["statements"].push_back(statement_json(report, i));
  }
  return dump_json(json) + '\n';
}

std::string policy_errors_text(const std::string& file,
                               const std::vector<policy::PolicyError>& errors) {
  std::string out;
  for (const policy::PolicyError& error : errors) out += concat(error.to_text(file), '\n');
  return out;
}

std::string policy_errors_json(const std::string& file,
                               const std::vector<policy::PolicyError>& errors) {
  Json list = Json::array();
  for (const policy::PolicyError& error : errors) {
    list.push_back({{"file", file},
                    {"line", error.line},
                    {"column", error.column},
                    {"key", error.path},
                    {"message", error.message}});
  }
  return dump_json({{"file", file}, {"ok", false}, {"errors", std::move(list)}}) + '\n';
}

}  // namespace inlet53::app
