// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inlet53/topology/resource_path.h"
#include "inlet53/topology/topology.h"
#include "inlet53/topology/validate.h"

/// What `validate` is made of: a rule set for each kind of object, all writing to one Findings.
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

/// Names and ids: shape, and used once.
void check_identities(Findings& findings);

void check_vpcs(Findings& findings);
void check_subnets(Findings& findings);
void check_prefix_lists(Findings& findings);
void check_security_groups(Findings& findings);

void check_resolver_endpoints(Findings& findings);
/// The key that says where an endpoint IP address is served by a protocol.
[[nodiscard]] std::string listen_key(EndpointProtocol protocol);
void check_vpc_endpoints(Findings& findings);
void check_instances(Findings& findings);
/// Across endpoints and instances: one address in one VPC once, one serving address once.
void check_collisions(Findings& findings);

void check_rest_apis(Findings& findings);
/// The parts of check_rest_apis.
void check_resources(Findings& findings, const RestApi& api);
void check_stages(Findings& findings, const RestApi& api);
/// `segments`: of the path of the resource whose method it serves.
void check_integration(Findings& findings, const KeyPath& path, const RestApi& api,
                       const Integration& integration, const std::vector<PathSegment>& segments);
void check_functions(Findings& findings);
void check_hosted_zones(Findings& findings);
void check_resolver_rules(Findings& findings);

/// A domain name without the dot at its end, in lower case.
[[nodiscard]] std::string canonical_domain(std::string_view domain_name);
/// DNS Firewall: lists, rule groups, and the VPCs' associations with those.
void check_firewalls(Findings& findings);

/// The region and account of a VPC or REST API.
void check_owner(Findings& findings, const KeyPath& path, std::string_view region,
                 std::string_view account_id);

/// A response's status, and its headers.
void check_status_code(Findings& findings, const KeyPath& path, uint16_t status);
void check_response_headers(Findings& findings, const KeyPath& path,
                            const std::vector<NamedText>& headers);

/// The security groups of an endpoint in `vpc` (null when that reference dangles).
void check_security_group_list(Findings& findings, const KeyPath& path, const Vpc* vpc,
                               const std::vector<std::string>& ids);

/// That `address` can be an interface's address in `subnet`.
void check_address(Findings& findings, const KeyPath& path, const IpAddress& address,
                   const Subnet& subnet);

/// The VPC of an endpoint, null when it dangles. What its `subnets` (null where dangling) have said
/// of it already is not said again.
const Vpc* check_endpoint_vpc(Findings& findings, const KeyPath& path, std::string_view vpc,
                              const std::vector<const Subnet*>& subnets);

/// That the subnet of an endpoint's interface, at `path`, lies in the endpoint's VPC.
void check_subnet_vpc(Findings& findings, const KeyPath& path, const Subnet& subnet,
                      const Vpc& vpc);

}  // namespace inlet53::topology
