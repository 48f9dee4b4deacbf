// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/topology/topology.h"

/// Which method of an API serves a call.
/// Source: API Gateway Developer Guide, "Set up a proxy integration with a proxy resource"; API
/// Gateway API Reference, Resource.
namespace inlet53::gateway {

/// A variable of a resource's path, and what the call's path has in its place: not decoded.
/// Lifetime: the router's and the path's.
struct PathParameter {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const PathParameter&, const PathParameter&) = default;
};

/// The method that serves a call. Lifetime: the resources' that the router was made of, and the
/// path's.
struct Route {
  const topology::Resource* resource = nullptr;
  const topology::Method* method = nullptr;
  std::vector<PathParameter> parameters;  // in the order of the path
};

/// The resources of an API, frozen.
///
/// A call's path is taken segment by segment: static text before a variable, a variable before a
/// greedy one. What leads nowhere, to no resource or to none that serves the method, is given up
/// for the next in that order, so that `/{proxy+}` serves what no other resource does. A resource
/// serves the methods that it names and, with ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT.
/// HEAD is not implied by GET. One slash at the end of a path counts nothing; percent-encodings
/// stand for themselves; empty segments fit no variable, but a greedy one has them inside.
///
///     Router router(api.resources);
///     Route route;
///     if (router.find("GET", "/pets/7", route)) …
///
/// Threads: const methods any. Lifetime: `resources` outlives it and does not change.
class Router {
 public:
  /// Requires: the paths are valid (topology::validate); what is not is left out.
  explicit Router(const std::vector<topology::Resource>& resources);

  /// Finds the method for `method`, upper case, of `path`: the call's own within the stage, with a
  /// slash at its beginning, without a query; an empty one is the root.
  /// False when nothing serves it; `route` is not of interest then. A `route` that is used again
  /// saves its memory. Cost: linear in the path where resources have no variables; segments times
  /// the resources that fit a beginning of the path at worst.
  [[nodiscard]] bool find(std::string_view method, std::string_view path, Route& route) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Child {
    std::string text;
    uint32_t node = kNone;
  };
  /// A place in the tree of paths.
  struct Node {
    std::vector<Child> children;   // static ones, in order of their texts
    std::vector<Child> variables;  // by name; AWS admits one
    const topology::Resource* resource = nullptr;
    std::vector<const topology::Resource*> greedy;  // that take what is left from here
    std::vector<std::string> greedy_names;
  };

  void add(const topology::Resource& resource);
  uint32_t child(uint32_t node, std::string_view text, std::vector<Child> Node::*kind);
  bool descend(uint32_t node, std::string_view method, std::string_view rest, Route& route) const;
  bool match_greedy(const Node& node, std::string_view method, std::string_view rest,
                    Route& route) const;

  std::vector<Node> nodes_;
};

/// Returns the method of `resource` that serves `method`; null when it has none. Lifetime: the
/// resource's.
[[nodiscard]] const topology::Method* find_method(const topology::Resource& resource,
                                                  std::string_view method) noexcept;

}  // namespace inlet53::gateway
