// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/topology/topology.h"

/// Finds the method of an API that serves a call.
/// Source: API Gateway Developer Guide, "Set up a proxy integration with a proxy resource"; API
/// Gateway API Reference, Resource.
namespace inlet53::gateway {

/// Path variable of a resource and its value in the call's path, not decoded. Lifetime: the
/// router's and the path's.
struct PathParameter {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const PathParameter&, const PathParameter&) = default;
};

/// Method that serves a call. Lifetime: that of the router's resources and of the path.
struct Route {
  const topology::Resource* resource = nullptr;
  const topology::Method* method = nullptr;
  std::vector<PathParameter> parameters;  // in the order of the path
};

/// Resources of an API, immutable.
///
/// Matches a call's path segment by segment: static text before a variable, a variable before a
/// greedy variable. When an alternative ends without a resource, or with one that does not serve
/// the method, the next alternative is tried, so that `/{proxy+}` serves all paths that no other
/// resource serves. A resource serves the methods that it names and, with ANY, DELETE, GET, HEAD,
/// OPTIONS, PATCH, POST and PUT. GET does not include HEAD. One slash at the end of a path is
/// ignored. Percent-encodings are not decoded. Only a greedy variable matches empty segments.
///
///     Router router(api.resources);
///     Route route;
///     if (router.find("GET", "/pets/7", route)) …
///
/// Threads: const methods any. Lifetime: `resources` outlives it and does not change.
class Router {
 public:
  /// Requires: the paths are valid (topology::validate); invalid ones are ignored.
  explicit Router(const std::vector<topology::Resource>& resources);

  /// Finds the method for `method` (upper case) and `path`: the call's path within the stage, with
  /// a leading slash, without a query; an empty one is the root.
  /// Returns false when no resource serves it; then `route` is unspecified. Reusing a `route` saves
  /// allocations. Cost: linear in the path where resources have no variables; at worst segments
  /// times the resources that match a prefix of the path.
  [[nodiscard]] bool find(std::string_view method, std::string_view path, Route& route) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Child {
    std::string text;
    uint32_t node = kNone;
  };
  /// Node in the tree of paths.
  struct Node {
    std::vector<Child> children;   // static ones, sorted by text
    std::vector<Child> variables;  // by name; AWS permits one
    const topology::Resource* resource = nullptr;
    std::vector<const topology::Resource*> greedy;  // match the rest of the path from here
    std::vector<std::string> greedy_names;
  };

  void add(const topology::Resource& resource);
  uint32_t child(uint32_t node, std::string_view text, std::vector<Child> Node::*kind);
  bool descend(uint32_t node, std::string_view method, std::string_view rest, Route& route) const;
  bool match_greedy(const Node& node, std::string_view method, std::string_view rest,
                    Route& route) const;

  std::vector<Node> nodes_;
};

/// Returns the method of `resource` that serves `method`; null when there is none. Lifetime: the
/// resource's.
[[nodiscard]] const topology::Method* find_method(const topology::Resource& resource,
                                                  std::string_view method) noexcept;

}  // namespace inlet53::gateway
