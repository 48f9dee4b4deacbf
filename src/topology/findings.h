#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inlet53/topology/topology.h"
#include "inlet53/topology/validate.h"

namespace inlet53::topology {

/// `path` with more steps.
template <class... Steps>
[[nodiscard]] KeyPath below(KeyPath path, Steps&&... steps) {
  (path.emplace_back(std::forward<Steps>(steps)), ...);
  return path;
}

/// The topology under examination, and what was found wrong with it.
class Findings {
 public:
  explicit Findings(const Topology& topology) : topology_(topology) {}

  [[nodiscard]] const Topology& topology() const noexcept { return topology_; }
  void add(KeyPath path, std::string message);
  [[nodiscard]] std::vector<Problem> take() { return std::move(problems_); }

  /// The object that `id` refers to; null, and a problem at `path`, when there is none.
  /// `kind` names the objects to people: "VPC". Lifetime: the topology's.
  template <class Object>
  const Object* reference(const KeyPath& path, const std::vector<Object>& objects,
                          std::string_view id, std::string_view kind) {
    const auto found = std::find_if(objects.begin(), objects.end(),
                                    [&](const Object& object) { return object.id == id; });
    if (found != objects.end()) return &*found;
    std::vector<std::string_view> names;
    std::vector<std::string_view> ids;
    for (const Object& object : objects) {
      names.push_back(object.name);
      ids.push_back(object.id);
    }
    add_dangling(path, id, kind, names, ids);
    return nullptr;
  }

  /// The same for a list of ids at `path`, which may name each object once; null for a bad one.
  template <class Object>
  std::vector<const Object*> references(const KeyPath& path, const std::vector<Object>& objects,
                                        const std::vector<std::string>& ids,
                                        std::string_view kind) {
    std::vector<const Object*> found;
    for (size_t i = 0; i < ids.size(); ++i) {
      found.push_back(reference(below(path, i), objects, ids[i], kind));
      if (std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i), ids[i]) !=
          ids.begin() + static_cast<std::ptrdiff_t>(i)) {
        add_repeated(below(path, i), kind);
      }
    }
    return found;
  }

 private:
  void add_dangling(const KeyPath& path, std::string_view id, std::string_view kind,
                    const std::vector<std::string_view>& names,
                    const std::vector<std::string_view>& ids);
  void add_repeated(const KeyPath& path, std::string_view kind);

  const Topology& topology_;
  std::vector<Problem> problems_;
};

}  // namespace inlet53::topology
