// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/aws_names.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/endpoint_names.h"

/// Checks of resolver endpoints and VPC endpoints.
namespace inlet53::topology {

namespace {

/// Returns true when a subnet already reports the dangling `vpc`, or when there is no subnet to
/// derive the VPC from.
bool is_reported_at_subnets(std::string_view vpc, const std::vector<const Subnet*>& subnets) {
  bool any = false;
  for (const Subnet* subnet : subnets) {
    if (subnet == nullptr) continue;
    if (subnet->vpc == vpc) return true;
    any = true;
  }
  return !any && vpc.empty();
}

/// Source: Route 53 Resolver requires at least two addresses; its CloudFormation schema has a
/// maximum of twenty.
constexpr size_t kFewestAddresses = 2;
constexpr size_t kMostAddresses = 20;

void check_address_count(Validation& validation, const ResolverEndpoint& endpoint) {
  const size_t count = endpoint.ip_addresses.size();
  if (count >= kFewestAddresses && count <= kMostAddresses) return;
  validation.add({"resolver_endpoint", endpoint.name, "ip_address"},
                 concat("a resolver endpoint has ", kFewestAddresses, " to ", kMostAddresses,
                        " IP addresses (disabled ones count), this one has ", count));
}

/// Source: Route 53 API Reference, CreateResolverEndpoint (Protocols).
void check_protocols(Validation& validation, const KeyPath& path,
                     const ResolverEndpoint& endpoint) {
  const std::vector<EndpointProtocol>& protocols = endpoint.protocols;
  const bool only_do53 = protocols.size() == 1 && protocols.front() == EndpointProtocol::Do53;
  if (protocols.empty()) {
    validation.add(below(path, "protocols"),
                   "an endpoint has at least one protocol; without the key it has Do53");
  } else if (endpoint.direction == Direction::Outbound && !only_do53) {
    validation.add(below(path, "protocols"),
                   "an OUTBOUND endpoint serves no client; each target of a rule has a `protocol`");
  } else if (endpoint.direction == Direction::InboundDelegation && !only_do53) {
    validation.add(below(path, "protocols"), "an INBOUND_DELEGATION endpoint has Do53 alone");
  }
  for (size_t i = 0; i < protocols.size(); ++i) {
    if (std::find(protocols.begin(), protocols.begin() + static_cast<ptrdiff_t>(i), protocols[i]) ==
        protocols.begin() + static_cast<ptrdiff_t>(i)) {
      continue;
    }
    validation.add(below(path, "protocols", i), concat(to_text(protocols[i]), " is there twice"));
  }
}

/// Reports listen addresses of protocols that the endpoint does not have.
void check_listens(Validation& validation, const KeyPath& path, const ResolverEndpoint& endpoint) {
  for (const auto protocol :
       {EndpointProtocol::Do53, EndpointProtocol::DoH, EndpointProtocol::DoT}) {
    const auto& protocols = endpoint.protocols;
    if (std::find(protocols.begin(), protocols.end(), protocol) != protocols.end()) continue;
    for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
      if (!listen_of(endpoint.ip_addresses[i], protocol)) continue;
      validation.add(below(path, "ip_address", i, listen_key(protocol)),
                     concat(to_text(protocol), " is not among the endpoint's `protocols`"));
    }
  }
}

/// Checks that only inbound endpoints have `listen` and only outbound endpoints have `send_from`.
void check_ends(Validation& validation, const KeyPath& path, const ResolverEndpoint& endpoint) {
  for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
    const ResolverEndpointIp& ip = endpoint.ip_addresses[i];
    if (endpoint.direction == Direction::Outbound && ip.listen) {
      validation.add(
          below(path, "ip_address", i, "listen"),
          "an OUTBOUND endpoint serves no client; `send_from` says which of the machine's "
          "addresses its queries are sent from");
    }
    if (endpoint.direction != Direction::Outbound && ip.send_from) {
      validation.add(below(path, "ip_address", i, "send_from"),
                     "only an OUTBOUND endpoint sends queries");
    }
  }
}

void check_resolver_endpoint(Validation& validation, const ResolverEndpoint& endpoint) {
  const Topology& topology = validation.topology();
  const KeyPath path{"resolver_endpoint", endpoint.name};
  check_address_count(validation, endpoint);

  std::vector<const Subnet*> subnets;
  for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
    subnets.push_back(validation.reference(below(path, "ip_address", i, "subnet"), topology.subnets,
                                           endpoint.ip_addresses[i].subnet, "subnet"));
  }
  const Vpc* vpc = check_endpoint_vpc(validation, path, endpoint.vpc, subnets);
  for (size_t i = 0; i < subnets.size(); ++i) {
    if (subnets[i] == nullptr) continue;
    if (vpc != nullptr) {
      check_subnet_vpc(validation, below(path, "ip_address", i, "subnet"), *subnets[i], *vpc);
    }
    check_address(validation, below(path, "ip_address", i, "address"),
                  endpoint.ip_addresses[i].address, *subnets[i]);
  }
  check_protocols(validation, path, endpoint);
  check_listens(validation, path, endpoint);
  check_ends(validation, path, endpoint);
  if (endpoint.security_groups.empty()) {
    validation.add(
        below(path, "security_groups"),
        endpoint.direction == Direction::Outbound
            ? "a resolver endpoint has at least one security group"
            : "a resolver endpoint has at least one security group; without one no client "
              "could ask it");
  }
  check_security_group_list(validation, path, vpc, endpoint.security_groups);
}

void check_service(Validation& validation, const VpcEndpoint& endpoint, const Vpc* vpc) {
  const KeyPath path{"vpc_endpoint", endpoint.name, "service_name"};
  const std::string_view region = service_region(endpoint.service_name);
  if (service_kind(endpoint.service_name) == ServiceKind::None) {
    return validation.add(
        path,
        concat('"', endpoint.service_name, "\" is no service name; one looks like \"com.amazonaws.",
               vpc != nullptr ? std::string_view(vpc->region) : "eu-west-1", ".execute-api\""));
  }
  if (vpc != nullptr && !region.empty() && region != vpc->region) {
    std::string meant = endpoint.service_name;
    meant.replace(meant.find(region), region.size(), vpc->region);
    validation.add(path, concat("the service is in ", region, ", but VPC \"", vpc->name, "\" in ",
                                vpc->region, "; did you mean \"", meant, "\"?"));
  }
}

/// Maximum length of a domain, so that the first labels of an endpoint's names fit.
constexpr size_t kLongestDomain = 253 - kEndpointLabelRoom;

bool is_domain(std::string_view name) {
  return name.size() <= kLongestDomain && is_zone_name(name);
}

/// Checks names that the configuration gives.
void check_given_names(Validation& validation, const VpcEndpoint& endpoint) {
  const KeyPath path{"vpc_endpoint", endpoint.name};
  const auto check = [&](const char* key, size_t i, std::string_view name, std::string_view text) {
    if (is_domain(name)) return;
    validation.add(below(path, key, i),
                   concat('"', text, "\" is no DNS name of at most ", kLongestDomain, " bytes"));
  };
  for (size_t i = 0; i < endpoint.private_dns_names.size(); ++i) {
    const std::string& text = endpoint.private_dns_names[i];
    check("private_dns_names", i, without_wildcard(text), text);
  }
  for (size_t i = 0; i < endpoint.base_endpoint_dns_names.size(); ++i) {
    const std::string& text = endpoint.base_endpoint_dns_names[i];
    check("base_endpoint_dns_names", i, text, text);
  }
}

/// Checks names that follow from the service's name.
void check_computed_names(Validation& validation, const VpcEndpoint& endpoint, const Vpc& vpc) {
  VpcEndpoint plain = endpoint;
  plain.private_dns_names.clear();
  plain.base_endpoint_dns_names.clear();
  const EndpointDnsNames names = endpoint_dns_names(plain, vpc.region);
  for (const std::string& domain : names.endpoint_domains) {
    if (is_domain(domain)) continue;
    validation.add({"vpc_endpoint", endpoint.name, "service_name"},
                   concat("the service's name is too long for the DNS names of an endpoint, which "
                          "would end with ",
                          domain));
  }
}

void check_private_dns(Validation& validation, const VpcEndpoint& endpoint, const Vpc* vpc) {
  if (endpoint.private_dns == PrivateDns::Disabled) return;
  const KeyPath path{"vpc_endpoint", endpoint.name, "private_dns"};
  if (vpc != nullptr && !(vpc->enable_dns_support && vpc->enable_dns_hostnames)) {
    validation.add(path, concat("private DNS needs a VPC with enable_dns_support and "
                                "enable_dns_hostnames; VPC \"",
                                vpc->name, "\" has not both"));
  }
  if (endpoint.private_dns == PrivateDns::Listed &&
      service_label(endpoint.service_name) != "execute-api") {
    validation.add(path,
                   "\"listed\" goes by the REST APIs of this file, so it is for execute-api "
                   "endpoints; use \"enabled\"");
  }
  if (endpoint.private_dns == PrivateDns::Listed && !endpoint.private_dns_names.empty()) {
    validation.add(path, "\"listed\" has no use for private_dns_names; use \"enabled\"");
  }
  if (endpoint.private_dns == PrivateDns::Enabled && vpc != nullptr &&
      service_kind(endpoint.service_name) != ServiceKind::None &&
      endpoint_dns_names(endpoint, vpc->region).private_names.empty()) {
    validation.add(path,
                   "this service has no private DNS names; give the endpoint private_dns_names, or "
                   "use \"disabled\"");
  }
}

/// Checks that the interface has an address of each family that the endpoint's record types need.
void check_record_types(Validation& validation, const KeyPath& path,
                        const NetworkInterface& interface, DnsRecordIpType type) {
  if (!interface.address && !interface.ipv6_address) {
    return validation.add(path, "the interface has neither address nor ipv6_address");
  }
  if (type != DnsRecordIpType::Ipv6 && !interface.address) {
    validation.add(path,
                   "the interface has no address, which the A records of this dns_record_ip_type "
                   "need; \"ipv6\" does without");
  }
  const bool has_aaaa = type == DnsRecordIpType::Ipv6 || type == DnsRecordIpType::Dualstack;
  if (has_aaaa && !interface.ipv6_address) {
    validation.add(path,
                   "the interface has no ipv6_address, which the AAAA records of this "
                   "dns_record_ip_type need; \"ipv4\" does without");
  }
}

void check_interface_address(Validation& validation, const KeyPath& path, IpFamily family,
                             const IpAddress& address, const Subnet* subnet) {
  if (address.family() != family) {
    validation.add(path,
                   concat(address.to_text(), " is an ", address.is_v4() ? "IPv4" : "IPv6",
                          " address; its key is ", address.is_v4() ? "address" : "ipv6_address"));
  } else if (subnet != nullptr) {
    check_address(validation, path, address, *subnet);
  }
}

/// Rejects two subnets in one Availability Zone, as AWS does (DuplicateSubnetsInSameZone).
void check_zones_differ(Validation& validation, const KeyPath& path,
                        const std::vector<const Subnet*>& subnets) {
  std::map<std::string_view, size_t> seen;
  for (size_t i = 0; i < subnets.size(); ++i) {
    if (subnets[i] == nullptr) continue;
    const std::string_view zone = subnets[i]->availability_zone;
    const auto [first, fresh] = seen.emplace(zone, i);
    if (fresh) continue;
    validation.add(below(path, "network_interface", i, "subnet"),
                   concat("network_interface[", first->second, "] is in ", zone,
                          " already; an endpoint has one interface in each Availability Zone"));
  }
}

void check_interfaces(Validation& validation, const VpcEndpoint& endpoint,
                      const std::vector<const Subnet*>& subnets, const Vpc* vpc) {
  const KeyPath path{"vpc_endpoint", endpoint.name};
  if (endpoint.network_interfaces.empty()) {
    validation.add(below(path, "network_interface"),
                   "an interface endpoint has at least one network interface");
  }
  check_zones_differ(validation, path, subnets);
  for (size_t i = 0; i < subnets.size(); ++i) {
    const NetworkInterface& interface = endpoint.network_interfaces[i];
    const KeyPath at = below(path, "network_interface", i);
    if (subnets[i] != nullptr && vpc != nullptr) {
      check_subnet_vpc(validation, below(at, "subnet"), *subnets[i], *vpc);
    }
    check_record_types(validation, at, interface, endpoint.dns_record_ip_type);
    if (interface.address) {
      check_interface_address(validation, below(at, "address"), IpFamily::V4, *interface.address,
                              subnets[i]);
    }
    if (interface.ipv6_address) {
      check_interface_address(validation, below(at, "ipv6_address"), IpFamily::V6,
                              *interface.ipv6_address, subnets[i]);
    }
  }
}

void check_vpc_endpoint(Validation& validation, const VpcEndpoint& endpoint) {
  const KeyPath path{"vpc_endpoint", endpoint.name};
  std::vector<const Subnet*> subnets;
  for (size_t i = 0; i < endpoint.network_interfaces.size(); ++i) {
    subnets.push_back(validation.reference(below(path, "network_interface", i, "subnet"),
                                           validation.topology().subnets,
                                           endpoint.network_interfaces[i].subnet, "subnet"));
  }
  const Vpc* vpc = check_endpoint_vpc(validation, path, endpoint.vpc, subnets);
  check_service(validation, endpoint, vpc);
  check_given_names(validation, endpoint);
  if (vpc != nullptr) check_computed_names(validation, endpoint, *vpc);
  check_private_dns(validation, endpoint, vpc);
  check_interfaces(validation, endpoint, subnets, vpc);
  check_security_group_list(validation, path, vpc, endpoint.security_groups);
  if (!has_shape(endpoint.dns_suffix, id_shape::kVpcEndpointSuffix)) {
    validation.add(below(path, "dns_suffix"),
                   concat('"', endpoint.dns_suffix, "\" is no DNS suffix; it is ",
                          describe(id_shape::kVpcEndpointSuffix)));
  }
}

/// Returns an endpoint's names in the DNS of its VPC, without wildcards.
std::vector<std::string> private_domains(const Topology& topology, const VpcEndpoint& endpoint) {
  if (endpoint.private_dns == PrivateDns::Listed) {
    return {rest_api_domain(service_region(endpoint.service_name))};
  }
  const Vpc* vpc = topology.find_vpc(endpoint.vpc);
  if (endpoint.private_dns == PrivateDns::Disabled || vpc == nullptr) return {};
  std::vector<std::string> domains;
  for (const std::string& name : endpoint_dns_names(endpoint, vpc->region).private_names) {
    domains.emplace_back(without_wildcard(name));
  }
  return domains;
}

/// First endpoint of each name in each VPC. AWS: "private-dns-enabled cannot be set because there
/// is already a conflicting DNS domain".
using NameOwners = std::map<std::pair<std::string_view, std::string>, const VpcEndpoint*>;

void check_conflicts(Validation& validation, NameOwners& owners, const VpcEndpoint& endpoint) {
  for (std::string& domain : private_domains(validation.topology(), endpoint)) {
    const auto [first, fresh] =
        owners.emplace(std::pair(std::string_view(endpoint.vpc), std::move(domain)), &endpoint);
    if (fresh || first->second == &endpoint) continue;
    return validation.add({"vpc_endpoint", endpoint.name, "private_dns"},
                          concat("VPC endpoint \"", first->second->name, "\" has private DNS for ",
                                 first->first.second, " in this VPC already; AWS allows one"));
  }
}

}  // namespace

const Vpc* check_endpoint_vpc(Validation& validation, const KeyPath& path, std::string_view vpc,
                              const std::vector<const Subnet*>& subnets) {
  const Topology& topology = validation.topology();
  if (is_reported_at_subnets(vpc, subnets)) return topology.find_vpc(vpc);
  return validation.reference(below(path, "vpc"), topology.vpcs, vpc, "VPC");
}

void check_subnet_vpc(Validation& validation, const KeyPath& path, const Subnet& subnet,
                      const Vpc& vpc) {
  // A dangling reference is reported at the subnet.
  if (subnet.vpc == vpc.id || validation.topology().find_vpc(subnet.vpc) == nullptr) return;
  validation.add(path, concat("subnet \"", subnet.name, "\" is not in VPC \"", vpc.name,
                              "\", as the endpoint is"));
}

void check_security_group_list(Validation& validation, const KeyPath& path, const Vpc* vpc,
                               const std::vector<std::string>& ids) {
  const KeyPath list = below(path, "security_groups");
  const auto groups =
      validation.references(list, validation.topology().security_groups, ids, "security group");
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] == nullptr || vpc == nullptr || groups[i]->vpc == vpc->id) continue;
    // A dangling reference is reported at the group.
    if (validation.topology().find_vpc(groups[i]->vpc) == nullptr) continue;
    validation.add(below(list, i),
                   concat("security group \"", groups[i]->name, "\" is not in VPC \"", vpc->name,
                          "\", as the endpoint is"));
  }
}

std::string listen_key(EndpointProtocol protocol) {
  switch (protocol) {
    case EndpointProtocol::Do53:
      break;
    case EndpointProtocol::DoH:
      return "listen_doh";
    case EndpointProtocol::DoT:
      return "listen_dot";
  }
  return "listen";
}

void check_resolver_endpoints(Validation& validation) {
  for (const ResolverEndpoint& endpoint : validation.topology().resolver_endpoints) {
    check_resolver_endpoint(validation, endpoint);
  }
}

void check_vpc_endpoints(Validation& validation) {
  NameOwners owners;
  for (const VpcEndpoint& endpoint : validation.topology().vpc_endpoints) {
    check_vpc_endpoint(validation, endpoint);
    check_conflicts(validation, owners, endpoint);
  }
}

}  // namespace inlet53::topology
