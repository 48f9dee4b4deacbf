// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/policy/policy_request.h"
#include "inlet53/policy/policy_text.h"

/// Condition of a statement: an operator, a key and its values.
/// Source: IAM User Guide, "Condition operators" and "Conditions with multiple context keys or
/// values".
namespace inlet53::policy {

/// Type of an operator's values.
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

/// Prefixes `ForAllValues:` and `ForAnyValue:` of an operator's name.
enum class SetOperator : uint8_t { None, ForAllValues, ForAnyValue };

/// Operator with its modifiers, `ForAnyValue:StringNotLikeIfExists`.
struct ConditionOperator {
  std::string name;  // as written
  ValueType type = ValueType::String;
  Relation relation = Relation::Equal;
  bool negated = false;
  bool if_exists = false;
  SetOperator set = SetOperator::None;

  /// Parses an operator's name. Errors: the unknown part, with the nearest operator.
  [[nodiscard]] static Result<ConditionOperator, std::string> parse(std::string_view name);
};

/// Value that a request's values are compared with. Its content depends on the operator's type: a
/// text (strings, ARNs, and Bool, which allows variables), a number, seconds since 1970 (Date), an
/// address block, the bytes of a Binary, or the value of Null.
struct ConditionValue {
  std::string written;
  std::variant<PolicyText, double, int64_t, Cidr, std::string, bool> value;

  /// Parses a value. Variables are special where IAM allows them: in strings, ARNs and Bool. An
  /// address without a prefix length is a block of one address. Bits after a block's prefix are
  /// ignored.
  [[nodiscard]] static Result<ConditionValue, std::string> parse(ValueType type,
                                                                 std::string_view text,
                                                                 Variables variables);
};

struct Condition {
  ConditionOperator op;
  std::string key;         // as written
  std::string folded_key;  // in lower case
  std::vector<ConditionValue> values;

  /// Returns whether the condition is met.
  ///
  /// For a key with one value, one of the condition's values must match; for a negated operator,
  /// none may match. A missing key matches no value, so that negated operators are met; with
  /// IfExists every operator is met. ForAllValues: each of the request's values must satisfy the
  /// operator, and no values at all do so too. ForAnyValue: at least one must. Both ignore empty
  /// values. A value that cannot be compared (a text for a number) matches no value.
  /// Threads: any.
  [[nodiscard]] bool is_met(const PolicyRequest& request) const;
};

/// Returns the seconds since 1970-01-01T00:00:00Z of a date in a policy: one of the forms of ISO
/// 8601 in the W3C's note (`2026`, `2026-11`, `2026-11-22`, `2026-11-22T15:04Z`,
/// `2026-11-22T15:04:05.25+01:00`), or seconds since 1970. Four digits are a year. Drops fractions
/// of a second. Absent: another form.
/// Source: IAM User Guide, "Date condition operators"; https://www.w3.org/TR/NOTE-datetime.
[[nodiscard]] std::optional<int64_t> parse_date(std::string_view text) noexcept;

/// Parses a decimal number, with or without sign, fraction and exponent; absent for another text.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text) noexcept;

}  // namespace inlet53::policy
