// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/resource_path.h"

#include <algorithm>

#include "shapes.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

using SegmentResult = Result<PathSegment, std::string>;

SegmentResult parse_variable(std::string_view segment) {
  std::string_view name = segment.substr(1);
  if (!name.ends_with('}')) {
    return Unexpected(concat('"', segment, "\" has a brace without its pair"));
  }
  name.remove_suffix(1);
  const bool greedy = name.ends_with('+');
  if (greedy) name.remove_suffix(1);
  if (!is_variable_name(name)) {
    return Unexpected(
        concat('"', segment,
               "\" is no variable; one is letters, digits, _, - and . in braces, as in "
               "\"{petId}\", with a + at the end of the last, as in \"{proxy+}\""));
  }
  return PathSegment{greedy ? SegmentKind::Greedy : SegmentKind::Variable, std::string(name)};
}

SegmentResult parse_segment(std::string_view segment) {
  if (segment.empty()) return Unexpected(std::string("there is nothing between two slashes"));
  if (segment.starts_with('{')) return parse_variable(segment);
  if (!is_path_text(segment)) {
    return Unexpected(concat('"', segment,
                             "\" has something other than letters, digits and _ - . , : ~ $; a "
                             "variable is a whole segment, as in \"/pets/{petId}\""));
  }
  return PathSegment{SegmentKind::Static, std::string(segment)};
}

}  // namespace

Result<std::vector<PathSegment>, std::string> parse_resource_path(std::string_view path) {
  std::vector<PathSegment> segments;
  if (!path.starts_with('/')) return Unexpected(std::string("a path begins with a slash"));
  if (path.size() == 1) return segments;
  if (path.ends_with('/')) {
    return Unexpected(std::string("a path has no slash at its end; calls may have one"));
  }
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    SegmentResult segment = parse_segment(path.substr(0, end));
    if (!segment) return Unexpected(segment.error());
    path.remove_prefix(end);
    if (segment->kind == SegmentKind::Greedy && !path.empty()) {
      return Unexpected(concat(to_text(*segment), " takes all that is left; nothing follows it"));
    }
    const bool twice = segment->kind != SegmentKind::Static &&
                       std::any_of(segments.begin(), segments.end(), [&](const PathSegment& seen) {
                         return seen.kind != SegmentKind::Static && seen.text == segment->text;
                       });
    if (twice) return Unexpected(concat("the variable \"", segment->text, "\" is there twice"));
    segments.push_back(*std::move(segment));
  }
  return segments;
}

std::string to_text(const PathSegment& segment) {
  switch (segment.kind) {
    case SegmentKind::Static:
      break;
    case SegmentKind::Variable:
      return concat('{', segment.text, '}');
    case SegmentKind::Greedy:
      return concat('{', segment.text, "+}");
  }
  return segment.text;
}

const std::vector<std::string_view>& resource_methods() {
  static const std::vector<std::string_view> kMethods{kAnyMethod, "DELETE", "GET",  "HEAD",
                                                      "OPTIONS",  "PATCH",  "POST", "PUT"};
  return kMethods;
}

}  // namespace inlet53::topology
