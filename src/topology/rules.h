#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "findings.h"

#include "inlet53/topology/resource_path.h"

/// What `validate` is made of: a rule set for each kind of object, all writing to one Findings.
namespace inlet53::topology {

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
