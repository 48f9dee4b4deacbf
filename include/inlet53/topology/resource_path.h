// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"

/// The paths of resources and the methods below them, as an API declares them.
/// Source: API Gateway API Reference, Resource.pathPart; API Gateway Developer Guide, "Amazon API
/// Gateway important notes".
namespace inlet53::topology {

enum class SegmentKind : uint8_t {
  Static,    // `hello`
  Variable,  // `{petId}`: one segment of a call's path, whatever it holds
  Greedy,    // `{proxy+}`: all that is left, at least one segment; the last of its path
};

/// What stands between two slashes of a resource's path.
struct PathSegment {
  SegmentKind kind = SegmentKind::Static;
  std::string text;  // of a variable its name, without braces and `+`

  friend bool operator==(const PathSegment&, const PathSegment&) = default;
};

/// Reads `/`, `/hello`, `/pets/{petId}`, `/{proxy+}`. The root has no segments.
/// Static text is letters, digits and `_ - . , : ~ $`; a variable's name letters, digits and `_ -
/// .`, each once in a path. Errors: what is wrong, for people.
[[nodiscard]] Result<std::vector<PathSegment>, std::string> parse_resource_path(
    std::string_view path);

/// The segment as it is written, `{petId}`.
[[nodiscard]] std::string to_text(const PathSegment& segment);

/// The methods that a resource may have: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, and ANY,
/// which stands for those of the seven that the resource does not name.
[[nodiscard]] const std::vector<std::string_view>& resource_methods();

/// The method of a resource that stands for all.
inline constexpr std::string_view kAnyMethod = "ANY";

}  // namespace inlet53::topology
