// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"

/// Resource paths of an API and the methods that a resource can have.
/// Source: API Gateway API Reference, Resource.pathPart; API Gateway Developer Guide, "Amazon API
/// Gateway important notes".
namespace inlet53::topology {

enum class SegmentKind : uint8_t {
  Static,    // `hello`
  Variable,  // `{petId}`: one segment of the request's path, with any content
  Greedy,    // `{proxy+}`: all remaining segments, at least one; last in its path
};

/// Segment of a resource path, between two slashes.
struct PathSegment {
  SegmentKind kind = SegmentKind::Static;
  std::string text;  // for a variable: its name without braces and `+`

  friend bool operator==(const PathSegment&, const PathSegment&) = default;
};

/// Parses `/`, `/hello`, `/pets/{petId}`, `/{proxy+}`. The root has no segments. Static text
/// consists of letters, digits and `_ - . , : ~ $`; a variable's name consists of letters, digits
/// and `_ - .` and occurs once in a path. Errors: a text for the operator.
[[nodiscard]] Result<std::vector<PathSegment>, std::string> parse_resource_path(
    std::string_view path);

/// Returns the segment as it is written, `{petId}`.
[[nodiscard]] std::string to_text(const PathSegment& segment);

/// Returns the methods that a resource can have: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, and
/// ANY, which stands for those of the seven that the resource does not define.
[[nodiscard]] const std::vector<std::string_view>& resource_methods();

/// Method of a resource that stands for all methods.
inline constexpr std::string_view kAnyMethod = "ANY";

}  // namespace inlet53::topology
