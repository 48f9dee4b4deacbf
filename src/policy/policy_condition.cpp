// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_condition.h"

#include <algorithm>
#include <array>

#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

struct OperatorRow {
  std::string_view name;
  ValueType type;
  Relation relation = Relation::Equal;
  bool negated = false;
};

constexpr bool kNegated = true;

constexpr std::array<OperatorRow, 27> kOperators = {{
    {"StringEquals", ValueType::String},
    {"StringNotEquals", ValueType::String, Relation::Equal, kNegated},
    {"StringEqualsIgnoreCase", ValueType::StringAnyCase},
    {"StringNotEqualsIgnoreCase", ValueType::StringAnyCase, Relation::Equal, kNegated},
    {"StringLike", ValueType::Pattern},
    {"StringNotLike", ValueType::Pattern, Relation::Equal, kNegated},
    {"NumericEquals", ValueType::Number},
    {"NumericNotEquals", ValueType::Number, Relation::Equal, kNegated},
    {"NumericLessThan", ValueType::Number, Relation::Less},
    {"NumericLessThanEquals", ValueType::Number, Relation::LessEqual},
    {"NumericGreaterThan", ValueType::Number, Relation::Greater},
    {"NumericGreaterThanEquals", ValueType::Number, Relation::GreaterEqual},
    {"DateEquals", ValueType::Date},
    {"DateNotEquals", ValueType::Date, Relation::Equal, kNegated},
    {"DateLessThan", ValueType::Date, Relation::Less},
    {"DateLessThanEquals", ValueType::Date, Relation::LessEqual},
    {"DateGreaterThan", ValueType::Date, Relation::Greater},
    {"DateGreaterThanEquals", ValueType::Date, Relation::GreaterEqual},
    {"Bool", ValueType::Bool},
    {"BinaryEquals", ValueType::Binary},
    {"IpAddress", ValueType::IpAddress},
    {"NotIpAddress", ValueType::IpAddress, Relation::Equal, kNegated},
    {"ArnEquals", ValueType::Arn},
    {"ArnNotEquals", ValueType::Arn, Relation::Equal, kNegated},
    {"ArnLike", ValueType::Arn},
    {"ArnNotLike", ValueType::Arn, Relation::Equal, kNegated},
    {"Null", ValueType::Null},
}};

constexpr std::string_view kForAllValues = "ForAllValues:";
constexpr std::string_view kForAnyValue = "ForAnyValue:";
constexpr std::string_view kIfExists = "IfExists";

std::string unknown_operator(std::string_view whole, std::string_view bare) {
  std::vector<std::string_view> names;
  names.reserve(kOperators.size());
  for (const OperatorRow& row : kOperators) names.push_back(row.name);
  const std::string_view nearest = nearest_word(bare, names);
  return concat("unknown condition operator \"", whole, "\"",
                nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?"));
}

template <class T>
bool compares(Relation relation, T left, T right) noexcept {
  switch (relation) {
    case Relation::Equal:
      return left == right;
    case Relation::Less:
      return left < right;
    case Relation::LessEqual:
      return left <= right;
    case Relation::Greater:
      return left > right;
    case Relation::GreaterEqual:
      return left >= right;
  }
  return false;
}

// Compares each of the six fields of an ARN with its counterpart; the last one may contain colons.
bool arn_matches(const PolicyText& wanted, std::string_view given, const PolicyRequest& request) {
  constexpr int kFieldsBeforeLast = 5;
  const auto expanded = wanted.expand(request);
  if (!expanded) return false;
  std::u16string_view pattern = *expanded;
  if (pattern.size() == 1 && pattern.front() == PolicyText::kAnyRun) return true;
  for (int i = 0; i < kFieldsBeforeLast; ++i) {
    const size_t pattern_end = pattern.find(u':');
    const size_t given_end = given.find(':');
    if (pattern_end == std::u16string_view::npos || given_end == std::string_view::npos) {
      return false;
    }
    if (!pattern_matches(pattern.substr(0, pattern_end), given.substr(0, given_end))) return false;
    pattern.remove_prefix(pattern_end + 1);
    given.remove_prefix(given_end + 1);
  }
  return pattern_matches(pattern, given);
}

// Returns whether the request's value `given` matches `wanted`, before any negation.
bool fits(const ConditionOperator& op, const ConditionValue& wanted, std::string_view given,
          const PolicyRequest& request) {
  switch (op.type) {
    case ValueType::String:
    case ValueType::Pattern:
      return std::get<PolicyText>(wanted.value).matches(given, request);
    case ValueType::StringAnyCase:
    case ValueType::Bool:
      return std::get<PolicyText>(wanted.value).matches(given, request, LetterCase::Ignored);
    case ValueType::Number: {
      const auto number = parse_decimal(given);
      return number && compares(op.relation, *number, std::get<double>(wanted.value));
    }
    case ValueType::Date: {
      const auto date = parse_date(given);
      return date && compares(op.relation, *date, std::get<int64_t>(wanted.value));
    }
    case ValueType::Binary:
      return given == std::get<std::string>(wanted.value);
    case ValueType::IpAddress: {
      const auto address = IpAddress::parse(given);
      return address && std::get<Cidr>(wanted.value).contains(*address);
    }
    case ValueType::Arn:
      return arn_matches(std::get<PolicyText>(wanted.value), given, request);
    case ValueType::Null:
      break;  // it has no value
  }
  return false;
}

bool any_fits(const Condition& condition, std::string_view given, const PolicyRequest& request) {
  return std::any_of(
      condition.values.begin(), condition.values.end(),
      [&](const ConditionValue& value) { return fits(condition.op, value, given, request); });
}

bool is_set_met(const Condition& condition, const std::vector<std::string>& given,
                const PolicyRequest& request) {
  const bool for_all = condition.op.set == SetOperator::ForAllValues;
  for (const std::string& each : given) {
    if (each.empty()) continue;
    const bool satisfied = any_fits(condition, each, request) != condition.op.negated;
    if (satisfied != for_all) return satisfied;
  }
  return for_all;
}

}  // namespace

Result<ConditionOperator, std::string> ConditionOperator::parse(std::string_view name) {
  ConditionOperator op;
  op.name = name;
  std::string_view bare = name;
  if (bare.starts_with(kForAllValues)) {
    op.set = SetOperator::ForAllValues;
    bare.remove_prefix(kForAllValues.size());
  } else if (bare.starts_with(kForAnyValue)) {
    op.set = SetOperator::ForAnyValue;
    bare.remove_prefix(kForAnyValue.size());
  }
  if (bare.ends_with(kIfExists)) {
    op.if_exists = true;
    bare.remove_suffix(kIfExists.size());
  }
  const auto row = std::find_if(kOperators.begin(), kOperators.end(),
                                [bare](const OperatorRow& known) { return known.name == bare; });
  if (row == kOperators.end()) return Unexpected(unknown_operator(name, bare));
  if (row->type == ValueType::Null && bare != name) {
    return Unexpected(concat("Null takes no modifier, so there is no \"", name, "\""));
  }
  op.type = row->type;
  op.relation = row->relation;
  op.negated = row->negated;
  return op;
}

bool Condition::is_met(const PolicyRequest& request) const {
  const std::vector<std::string>* given = request.keys.find(folded_key);
  if (op.type == ValueType::Null) {
    const bool absent = given == nullptr;
    return std::any_of(values.begin(), values.end(), [absent](const ConditionValue& value) {
      return std::get<bool>(value.value) == absent;
    });
  }
  if (given == nullptr) {
    if (op.if_exists) return true;
    return op.set == SetOperator::None ? op.negated : op.set == SetOperator::ForAllValues;
  }
  if (op.set != SetOperator::None) return is_set_met(*this, *given, request);
  const bool fitting = std::any_of(given->begin(), given->end(), [&](const std::string& each) {
    return any_fits(*this, each, request);
  });
  return fitting != op.negated;
}

}  // namespace inlet53::policy
