// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"

/// JSON that remembers where it stood, for documents whose faults a person has to find.
namespace inlet53::policy {

/// A place in a text; both count from 1, columns in octets.
struct JsonPlace {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct JsonMember;

struct JsonValue {
  enum class Kind : uint8_t { Null, Boolean, Number, String, Array, Object };

  Kind kind = Kind::Null;
  JsonPlace place;
  std::string text;                 // a string; a number as it is written; true or false
  std::vector<JsonMember> members;  // of an object, in their order
  std::vector<JsonValue> elements;  // of an array
};

struct JsonMember {
  std::string key;
  JsonPlace place;
  JsonValue value;
};

struct JsonFault {
  JsonPlace place;
  std::string message;
};

/// What a value is, to people: "a number".
[[nodiscard]] std::string_view kind_name(JsonValue::Kind kind) noexcept;

/// How deep objects and lists may nest.
inline constexpr size_t kMaxJsonDepth = 32;

/// Reads one JSON document (RFC 8259). A key that stands twice in one object is an error, since
/// readers differ in which of the two counts.
[[nodiscard]] Result<JsonValue, JsonFault> parse_json(std::string_view text);

}  // namespace inlet53::policy
