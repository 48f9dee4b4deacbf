// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inlet53/topology/api_values.h"
#include "inlet53/topology/topology.h"
#include "inlet53/topology/validate.h"

/// Checks of `validate`: one function for each kind of object. All report to one Validation.
namespace inlet53::topology {

/// Returns `path` with more steps.
template <class... Steps>
[[nodiscard]] KeyPath below(KeyPath path, Steps&&... steps) {
  (path.emplace_back(std::forward<Steps>(steps)), ...);
  return path;
}

/// Topology under validation, and its problems.
class Validation {
 public:
  explicit Validation(const Topology& topology) : topology_(topology) {}

  [[nodiscard]] const Topology& topology() const noexcept { return topology_; }
  void add(KeyPath path, std::string message);
  [[nodiscard]] std::vector<Problem> problems() && { return std::move(problems_); }

  /// Returns the object that `id` refers to; when there is none, reports a problem at `path` and
  /// returns null. `kind` is the kind of the objects in messages: "VPC". Lifetime: the topology's.
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

  /// Does the same for a list of ids at `path`, in which each object may occur once.
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

/// Checks the form of names and ids, and that each is used once.
void check_identities(Validation& validation);

void check_vpcs(Validation& validation);
void check_subnets(Validation& validation);
void check_prefix_lists(Validation& validation);
void check_security_groups(Validation& validation);

void check_resolver_endpoints(Validation& validation);
/// Returns the key of a protocol's listen address in an endpoint IP address.
[[nodiscard]] std::string listen_key(EndpointProtocol protocol);
void check_vpc_endpoints(Validation& validation);
void check_instances(Validation& validation);
/// Checks across endpoints and instances that each address is used once in its VPC and each address
/// and port is served once.
void check_collisions(Validation& validation);

void check_rest_apis(Validation& validation);
/// Parts of check_rest_apis.
void check_resources(Validation& validation, const RestApi& api);
void check_stages(Validation& validation, const RestApi& api);
/// Checks an integration. `segments`: path of the resource of its method.
void check_integration(Validation& validation, const KeyPath& path, const RestApi& api,
                       const Integration& integration, const std::vector<PathSegment>& segments);
void check_functions(Validation& validation);
void check_hosted_zones(Validation& validation);
void check_resolver_rules(Validation& validation);

/// Returns a domain name in lower case without the final dot.
[[nodiscard]] std::string canonical_domain(std::string_view domain_name);
/// Checks DNS Firewall: lists, rule groups, and their associations with VPCs.
void check_firewalls(Validation& validation);

/// Checks the region and account of a VPC or REST API.
void check_owner(Validation& validation, const KeyPath& path, std::string_view region,
                 std::string_view account_id);

/// Checks the status and the headers of a response.
void check_status_code(Validation& validation, const KeyPath& path, uint16_t status);
void check_response_headers(Validation& validation, const KeyPath& path,
                            const std::vector<NamedText>& headers);

/// Checks the security groups of an endpoint in `vpc` (null when that reference dangles).
void check_security_group_list(Validation& validation, const KeyPath& path, const Vpc* vpc,
                               const std::vector<std::string>& ids);

/// Checks that `address` can be an interface's address in `subnet`.
void check_address(Validation& validation, const KeyPath& path, const IpAddress& address,
                   const Subnet& subnet);

/// Returns the VPC of an endpoint, null when the reference dangles. Does not repeat a problem that
/// its `subnets` (null where dangling) already have.
const Vpc* check_endpoint_vpc(Validation& validation, const KeyPath& path, std::string_view vpc,
                              const std::vector<const Subnet*>& subnets);

/// Checks that the subnet of an endpoint's interface, at `path`, is in the endpoint's VPC.
void check_subnet_vpc(Validation& validation, const KeyPath& path, const Subnet& subnet,
                      const Vpc& vpc);

}  // namespace inlet53::topology
