// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/router.h"

#include <algorithm>

#include "inlet53/topology/api_values.h"

namespace inlet53::gateway {

namespace {

/// Returns true when ANY includes `method`.
bool is_covered_by_any(std::string_view method) noexcept {
  const auto& methods = topology::resource_methods();
  return method != topology::kAnyMethod &&
         std::find(methods.begin(), methods.end(), method) != methods.end();
}

/// Removes the first segment from `rest`, which begins with a slash, and returns it.
std::string_view split_segment(std::string_view& rest) noexcept {
  rest.remove_prefix(1);
  const size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(end);
  return segment;
}

}  // namespace

const topology::Method* find_method(const topology::Resource& resource,
                                    std::string_view method) noexcept {
  const topology::Method* any = nullptr;
  for (const topology::Method& each : resource.methods) {
    if (each.http_method == topology::kAnyMethod) {
      any = &each;
    } else if (each.http_method == method) {
      return &each;
    }
  }
  return any != nullptr && is_covered_by_any(method) ? any : nullptr;
}

Router::Router(const std::vector<topology::Resource>& resources) : nodes_(1) {
  for (const topology::Resource& resource : resources) add(resource);
}

uint32_t Router::child(uint32_t node, std::string_view text, std::vector<Child> Node::*kind) {
  std::vector<Child>& children = nodes_[node].*kind;
  const auto place =
      std::lower_bound(children.begin(), children.end(), text,
                       [](const Child& each, std::string_view t) { return each.text < t; });
  if (place != children.end() && place->text == text) return place->node;
  const auto made = static_cast<uint32_t>(nodes_.size());
  children.insert(place, {std::string(text), made});
  nodes_.emplace_back();  // invalidates `children` and `place`
  return made;
}

void Router::add(const topology::Resource& resource) {
  const auto segments = topology::parse_resource_path(resource.path);
  if (!segments) return;
  uint32_t node = 0;
  for (const topology::PathSegment& segment : *segments) {
    switch (segment.kind) {
      case topology::SegmentKind::Static:
        node = child(node, segment.text, &Node::children);
        break;
      case topology::SegmentKind::Variable:
        node = child(node, segment.text, &Node::variables);
        break;
      case topology::SegmentKind::Greedy:
        nodes_[node].greedy.push_back(&resource);
        nodes_[node].greedy_names.push_back(segment.text);
        return;
    }
  }
  nodes_[node].resource = &resource;
}

bool Router::find(std::string_view method, std::string_view path, Route& route) const {
  route.parameters.clear();
  if (path.ends_with('/')) path.remove_suffix(1);
  return descend(0, method, path, route);
}

bool Router::match_greedy(const Node& node, std::string_view method, std::string_view rest,
                          Route& route) const {
  const std::string_view left = rest.substr(1);
  if (left.empty()) return false;
  for (size_t i = 0; i < node.greedy.size(); ++i) {
    const topology::Method* found = find_method(*node.greedy[i], method);
    if (found == nullptr) continue;
    route.resource = node.greedy[i];
    route.method = found;
    route.parameters.push_back({node.greedy_names[i], left});
    return true;
  }
  return false;
}

// The recursion is as deep as a declared path is long, independent of the call's path.
bool Router::descend(uint32_t at, std::string_view method, std::string_view rest,
                     Route& route) const {
  const Node& node = nodes_[at];
  if (rest.empty()) {
    const topology::Method* found =
        node.resource == nullptr ? nullptr : find_method(*node.resource, method);
    if (found == nullptr) return false;
    route.resource = node.resource;
    route.method = found;
    return true;
  }
  std::string_view after = rest;
  const std::string_view segment = split_segment(after);
  const auto fixed =
      std::lower_bound(node.children.begin(), node.children.end(), segment,
                       [](const Child& each, std::string_view t) { return each.text < t; });
  if (fixed != node.children.end() && fixed->text == segment &&
      descend(fixed->node, method, after, route)) {
    return true;
  }
  for (const Child& variable : node.variables) {
    if (segment.empty()) break;
    route.parameters.push_back({variable.text, segment});
    if (descend(variable.node, method, after, route)) return true;
    route.parameters.pop_back();
  }
  return match_greedy(node, method, rest, route);
}

}  // namespace inlet53::gateway
