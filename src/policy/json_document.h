// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"

/// JSON with positions, for documents whose errors are reported to people.
namespace inlet53::policy {

/// Position in a text; both count from 1, columns in bytes.
struct JsonPlace {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct JsonMember;

struct JsonValue {
  enum class Kind : uint8_t { Null, Boolean, Number, String, Array, Object };

  Kind kind = Kind::Null;
  JsonPlace place;
  std::string text;                 // a string; a number as written; true or false
  std::vector<JsonMember> members;  // of an object, in the order of the text
  std::vector<JsonValue> elements;  // of an array
};

struct JsonMember {
  std::string key;
  JsonPlace place;
  JsonValue value;
};

struct JsonError {
  JsonPlace place;
  std::string message;
};

/// Returns the kind of a value for messages: "a number".
[[nodiscard]] std::string_view kind_name(JsonValue::Kind kind) noexcept;

/// Maximum depth of nested objects and lists.
inline constexpr size_t kMaxJsonDepth = 32;

/// Parses one JSON document (RFC 8259). Rejects a key that occurs twice in one object, because
/// parsers differ in which of the two counts.
[[nodiscard]] Result<JsonValue, JsonError> parse_json(std::string_view text);

}  // namespace inlet53::policy
