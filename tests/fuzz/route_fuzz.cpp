// SPDX-License-Identifier: Apache-2.0

// Resources and calls, one in each line: a router finds the same as a slow and simple matcher.
//
//     GET /pets/{id}
//     ANY /{proxy+}
//     (an empty line)
//     GET /pets/7/toys
#include <algorithm>
#include <set>
#include <tuple>

#include "fuzz.h"

#include "inlet53/gateway/request_target.h"
#include "inlet53/gateway/router.h"
#include "inlet53/topology/api_values.h"

namespace {

using namespace inlet53;
using topology::PathSegment;
using topology::SegmentKind;

struct Line {
  std::string_view method, path;
};

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

Line split(std::string_view line) {
  const size_t space = std::min(line.find(' '), line.size());
  return {line.substr(0, space), line.substr(std::min(space + 1, line.size()))};
}

std::vector<std::string_view> segments_of(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    segments.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

bool fits(const std::vector<PathSegment>& declared, const std::vector<std::string_view>& called) {
  for (size_t i = 0; i < declared.size(); ++i) {
    if (i >= called.size()) return false;
    if (declared[i].kind == SegmentKind::Greedy) {
      return !(called.size() == i + 1 && called[i].empty());
    }
    if (declared[i].kind == SegmentKind::Static && declared[i].text != called[i]) return false;
    if (declared[i].kind == SegmentKind::Variable && called[i].empty()) return false;
  }
  return declared.size() == called.size();
}

bool better(const std::vector<PathSegment>& one, const std::vector<PathSegment>& other) {
  return std::lexicographical_compare(one.begin(), one.end(), other.begin(), other.end(),
                                      [](const PathSegment& a, const PathSegment& b) {
                                        if (a.kind != b.kind) return a.kind < b.kind;
                                        return a.kind == SegmentKind::Variable && a.text < b.text;
                                      });
}

const topology::Resource* find_slowly(const std::vector<topology::Resource>& resources,
                                      std::string_view method, std::string_view path) {
  const auto called = segments_of(path);
  const topology::Resource* best = nullptr;
  std::vector<PathSegment> best_segments;
  for (const topology::Resource& resource : resources) {
    const auto declared = topology::parse_resource_path(resource.path).value();
    if (gateway::find_method(resource, method) == nullptr || !fits(declared, called)) continue;
    if (best != nullptr && !better(declared, best_segments)) continue;
    best = &resource;
    best_segments = declared;
  }
  return best;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  std::vector<topology::Resource> resources;
  std::set<std::string> paths;
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const Line parts = split(line);
    if (!topology::parse_resource_path(parts.path) || !paths.emplace(parts.path).second) continue;
    topology::Resource& resource = resources.emplace_back();
    resource.path = parts.path;
    resource.methods.push_back({std::string(parts.method), {}});
  }
  const gateway::Router router(resources);
  gateway::Route route;
  while (!text.empty()) {
    const Line call = split(take_line(text));
    const std::string_view path = gateway::split_target(call.path).path;
    FUZZ_CHECK(path.starts_with('/'));
    const topology::Resource* expected = find_slowly(resources, call.method, path);
    const bool found = router.find(call.method, path, route);
    FUZZ_CHECK(found == (expected != nullptr));
    if (!found) continue;
    FUZZ_CHECK(route.resource == expected);
    for (const gateway::PathParameter& parameter : route.parameters) {
      FUZZ_CHECK(!parameter.value.empty() && path.find(parameter.value) != std::string_view::npos);
    }
  }
  return 0;
}
