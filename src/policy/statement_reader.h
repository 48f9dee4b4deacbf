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
  const ApiIdentity* api;  // expands short resources; null: they are rejected
  Variables variables = Variables::Literal;
  std::vector<PolicyError> errors;

  void add(JsonPlace place, std::string path, std::string message);
};

/// String and its position.
struct PlacedText {
  std::string_view text;
  JsonPlace place;
  std::string path;
};

/// Returns "unknown `what` "`word`"; did you mean "…"?".
[[nodiscard]] std::string unknown_word(std::string_view what, std::string_view word,
                                       const std::vector<std::string_view>& known);

/// Returns the member of an object; null when it has none. Lifetime: the object's.
[[nodiscard]] const JsonMember* find_member(const JsonValue& object, std::string_view key) noexcept;

/// Reports each member of `object` that is not in `known` as unknown.
void refuse_unknown(PolicyReading& reading, const JsonValue& object, const std::string& path,
                    const std::vector<std::string_view>& known);

/// Returns whether `value` is of the kind; reports it otherwise.
[[nodiscard]] bool expect(PolicyReading& reading, const JsonValue& value, const std::string& path,
                          JsonValue::Kind kind);

/// Returns the string, or the strings of the list, in `value`. Reports other values, except that
/// with Scalars::Accepted numbers and booleans count as strings, as written.
/// Lifetime: the value's.
enum class Scalars : uint8_t { Rejected, Accepted };
[[nodiscard]] std::vector<PlacedText> read_texts(PolicyReading& reading, const JsonValue& value,
                                                 const std::string& path, Scalars scalars);

/// Reads one statement. Adds errors to the reading; after an error the statement is not usable.
[[nodiscard]] Statement read_statement(PolicyReading& reading, const JsonValue& value,
                                       const std::string& path);

/// Reads the element Principal or NotPrincipal: `"*"`, or an object of kinds: AWS (accounts, ARNs,
/// unique ids, `*`), Federated, Service, CanonicalUser.
/// Source: IAM User Guide, "AWS JSON policy elements: Principal".
[[nodiscard]] Principals read_principals(PolicyReading& reading, const JsonMember& member,
                                         const std::string& path);

}  // namespace inlet53::policy
