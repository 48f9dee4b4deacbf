// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json_document.h"

#include "inlet53/policy/resource_policy.h"

namespace inlet53::policy {

/// The state that the readers of one policy share: its errors and the meaning of its texts.
struct PolicyReading {
  const ApiIdentity* api;  // what short resources are expanded with; null: they are refused
  Variables variables = Variables::Literal;
  std::vector<PolicyError> errors;

  void add(JsonPlace place, std::string path, std::string message);
};

/// A string and where it stood.
struct PlacedText {
  std::string_view text;
  JsonPlace place;
  std::string path;
};

/// "unknown `what` "`word`"; did you mean "…"?"
[[nodiscard]] std::string unknown_word(std::string_view what, std::string_view word,
                                       const std::vector<std::string_view>& known);

/// The member of an object; null when it has none. Lifetime: the object's.
[[nodiscard]] const JsonMember* find_member(const JsonValue& object, std::string_view key) noexcept;

/// Says that each member of `object` that is not `known` is unknown.
void refuse_unknown(PolicyReading& reading, const JsonValue& object, const std::string& path,
                    const std::vector<std::string_view>& known);

/// True when `value` is of the kind; otherwise that is said.
[[nodiscard]] bool expect(PolicyReading& reading, const JsonValue& value, const std::string& path,
                          JsonValue::Kind kind);

/// The string that `value` is, or the strings of the list that it is. What is neither is said; with
/// `scalars` numbers and booleans count as the strings that they are written as.
/// Lifetime: the value's.
enum class Scalars : uint8_t { Refused, Taken };
[[nodiscard]] std::vector<PlacedText> read_texts(PolicyReading& reading, const JsonValue& value,
                                                 const std::string& path, Scalars scalars);

/// Reads one statement. What is wrong goes to the reading; the statement is worth nothing then.
[[nodiscard]] Statement read_statement(PolicyReading& reading, const JsonValue& value,
                                       const std::string& path);

/// Reads the element Principal or NotPrincipal: `"*"`, or an object of kinds: AWS (accounts, ARNs,
/// unique ids, `*`), Federated, Service, CanonicalUser.
/// Source: IAM User Guide, "AWS JSON policy elements: Principal".
[[nodiscard]] Principals read_principals(PolicyReading& reading, const JsonMember& member,
                                         const std::string& path);

}  // namespace inlet53::policy
