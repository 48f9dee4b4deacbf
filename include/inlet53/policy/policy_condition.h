// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inlet53/base/cidr.h"
#include "inlet53/base/result.h"
#include "inlet53/policy/policy_request.h"
#include "inlet53/policy/policy_text.h"

/// One condition of a statement: an operator, a key, the values.
/// Source: IAM User Guide, "Condition operators", "Conditions with multiple context keys or
/// values".
namespace inlet53::policy {

/// What the values of an operator are.
enum class ValueType : uint8_t {
  String,
  StringAnyCase,
  Pattern,
  Number,
  Date,
  Bool,
  Binary,
  IpAddress,
  Arn,
  Null
};

enum class Relation : uint8_t { Equal, Less, LessEqual, Greater, GreaterEqual };

/// `ForAllValues:` and `ForAnyValue:` before an operator's name.
enum class SetOperator : uint8_t { None, ForAllValues, ForAnyValue };

/// An operator with its modifiers, `ForAnyValue:StringNotLikeIfExists`.
struct ConditionOperator {
  std::string name;  // as it is written
  ValueType type = ValueType::String;
  Relation relation = Relation::Equal;
  bool negated = false;
  bool if_exists = false;
  SetOperator set = SetOperator::None;

  /// The error says what is unknown, with the nearest operator.
  [[nodiscard]] static Result<ConditionOperator, std::string> parse(std::string_view name);
};

/// A value that a request's values are compared with. What it holds follows from the operator's
/// type: a text (strings, ARNs, and Bool, since that takes variables), a number, seconds since 1970
/// (Date), a block of addresses, the octets of a Binary, or what Null asks for.
struct ConditionValue {
  std::string written;
  std::variant<PolicyText, double, int64_t, Cidr, std::string, bool> value;

  /// Variables are special where IAM has them: in strings, ARNs and Bool.
  /// An address without a prefix length is a block of one. Bits after a block's prefix are ignored.
  [[nodiscard]] static Result<ConditionValue, std::string> parse(ValueType type,
                                                                 std::string_view text,
                                                                 Variables variables);
};

struct Condition {
  ConditionOperator op;
  std::string key;         // as it is written
  std::string folded_key;  // in lower case
  std::vector<ConditionValue> values;

  /// Whether the condition is met.
  ///
  /// A key with one value: some value compares true; for a negated operator none does. A missing
  /// key fits no value, so that negated operators are met then; with IfExists every one is.
  /// ForAllValues: each of the request's values satisfies the operator, none of them at all too.
  /// ForAnyValue: one does. Both pass over empty values. What can't be compared (a text where a
  /// number is asked for) fits no value.
  /// Threads: any.
  [[nodiscard]] bool is_met(const PolicyRequest& request) const;
};

}  // namespace inlet53::policy
