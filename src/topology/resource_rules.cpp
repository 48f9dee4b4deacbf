#include <algorithm>
#include <map>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/ids.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/resource_path.h"

/// The resources of a REST API and their methods.
namespace inlet53::topology {

namespace {

/// Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API".
constexpr size_t kMaxResources = 300;

/// Every path of an API, those between the root and a declared one too, as AWS has a resource for
/// each of them.
class PathTree {
 public:
  PathTree() { variables_.emplace("/", ""); }

  /// Takes the segments of one path. Returns the variable that stands beside one of them already,
  /// under the same parent, as written; empty when none does.
  std::string take(const std::vector<PathSegment>& segments) {
    std::string parent = "/";
    std::string sibling;
    for (const PathSegment& segment : segments) {
      const std::string text = to_text(segment);
      if (segment.kind != SegmentKind::Static) {
        std::string& variable = variables_[parent];
        if (variable.empty()) variable = text;
        if (variable != text && sibling.empty()) sibling = variable;
      }
      parent += concat(text, '/');
      variables_.emplace(parent, "");
    }
    return sibling;
  }

  [[nodiscard]] size_t size() const noexcept { return variables_.size(); }

 private:
  std::map<std::string, std::string> variables_;  // by parent; empty: none so far
};

std::string unknown_method(std::string_view method) {
  std::string upper(method);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const std::string_view nearest = nearest_word(upper, resource_methods());
  const std::string hint = nearest.empty()
                               ? "; there are ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT"
                               : concat("; did you mean \"", nearest, "\"?");
  return concat('"', method, "\" is no method of a resource", hint);
}

void check_methods(Findings& findings, const RestApi& api, const Resource& resource,
                   const std::vector<PathSegment>& segments) {
  const auto& known = resource_methods();
  std::set<std::string_view> seen;
  for (const Method& method : resource.methods) {
    const KeyPath path{"rest_api", api.name, "resource", resource.path, method.http_method};
    if (std::find(known.begin(), known.end(), method.http_method) == known.end()) {
      findings.add(path, unknown_method(method.http_method));
    } else if (!seen.insert(method.http_method).second) {
      findings.add(path, "the resource has this method already");
    }
    check_integration(findings, below(path, "integration"), api, method.integration, segments);
  }
}

}  // namespace

void check_resources(Findings& findings, const RestApi& api) {
  PathTree tree;
  std::set<std::string_view> paths;
  std::map<std::string_view, std::string_view> ids;
  for (const Resource& resource : api.resources) {
    const KeyPath path{"rest_api", api.name, "resource", resource.path};
    if (!has_shape(resource.id, id_shape::kApiResource)) {
      findings.add(below(path, "id"), concat('"', resource.id, "\" is no id of this kind; it is ",
                                             describe(id_shape::kApiResource)));
    } else if (const auto [first, fresh] = ids.emplace(resource.id, resource.path); !fresh) {
      findings.add(below(path, "id"), concat('"', resource.id, "\" is the id of resource \"",
                                             first->second, "\" already"));
    }
    if (!paths.insert(resource.path).second) {
      findings.add(path, "the API has this resource already");
    }
    const auto segments = parse_resource_path(resource.path);
    if (!segments) {
      findings.add(path, concat('"', resource.path, "\": ", segments.error()));
    } else if (const std::string sibling = tree.take(*segments); !sibling.empty()) {
      findings.add(path, concat("another resource has ", sibling,
                                " at the same place; there may be one variable below one parent"));
    }
    check_methods(findings, api, resource, segments.value_or(std::vector<PathSegment>{}));
  }
  if (tree.size() > kMaxResources) {
    findings.add({"rest_api", api.name, "resource"},
                 concat("the API has ", tree.size(), " resources, those between the root and the ",
                        "declared ones counted; AWS takes ", kMaxResources));
  }
}

}  // namespace inlet53::topology
