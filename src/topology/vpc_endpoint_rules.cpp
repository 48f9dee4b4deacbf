#include <map>
#include <string>
#include <utility>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/ids.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/service_names.h"

namespace inlet53::topology {

namespace {

void check_service(Findings& findings, const VpcEndpoint& endpoint, const Vpc* vpc) {
  const KeyPath path{"vpc_endpoint", endpoint.name, "service_name"};
  const std::string_view region = service_region(endpoint.service_name);
  if (service_kind(endpoint.service_name) == ServiceKind::None) {
    return findings.add(
        path,
        concat('"', endpoint.service_name, "\" is no service name; one looks like \"com.amazonaws.",
               vpc != nullptr ? std::string_view(vpc->region) : "eu-west-1", ".execute-api\""));
  }
  if (vpc != nullptr && !region.empty() && region != vpc->region) {
    std::string meant = endpoint.service_name;
    meant.replace(meant.find(region), region.size(), vpc->region);
    findings.add(path, concat("the service is in ", region, ", but VPC \"", vpc->name, "\" in ",
                              vpc->region, "; did you mean \"", meant, "\"?"));
  }
}

/// The longest domain that leaves room for the first labels of an endpoint's names.
constexpr size_t kLongestDomain = 253 - kEndpointLabelRoom;

bool is_domain(std::string_view name) {
  return name.size() <= kLongestDomain && is_zone_name(name);
}

/// Names that the configuration gives.
void check_given_names(Findings& findings, const VpcEndpoint& endpoint) {
  const KeyPath path{"vpc_endpoint", endpoint.name};
  const auto check = [&](const char* key, size_t i, std::string_view name, std::string_view text) {
    if (is_domain(name)) return;
    findings.add(below(path, key, i),
                 concat('"', text, "\" is no DNS name of at most ", kLongestDomain, " octets"));
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

/// Names that follow from the service's name.
void check_computed_names(Findings& findings, const VpcEndpoint& endpoint, const Vpc& vpc) {
  VpcEndpoint plain = endpoint;
  plain.private_dns_names.clear();
  plain.base_endpoint_dns_names.clear();
  const EndpointDnsNames names = endpoint_dns_names(plain, vpc.region);
  for (const std::string& domain : names.endpoint_domains) {
    if (is_domain(domain)) continue;
    findings.add({"vpc_endpoint", endpoint.name, "service_name"},
                 concat("the service's name is too long for the DNS names of an endpoint, which "
                        "would end with ",
                        domain));
  }
}

void check_private_dns(Findings& findings, const VpcEndpoint& endpoint, const Vpc* vpc) {
  if (endpoint.private_dns == PrivateDns::Disabled) return;
  const KeyPath path{"vpc_endpoint", endpoint.name, "private_dns"};
  if (vpc != nullptr && !(vpc->enable_dns_support && vpc->enable_dns_hostnames)) {
    findings.add(path, concat("private DNS needs a VPC with enable_dns_support and "
                              "enable_dns_hostnames; VPC \"",
                              vpc->name, "\" has not both"));
  }
  if (endpoint.private_dns == PrivateDns::Listed &&
      service_label(endpoint.service_name) != "execute-api") {
    findings.add(path,
                 "\"listed\" goes by the REST APIs of this file, so it is for execute-api "
                 "endpoints; use \"enabled\"");
  }
  if (endpoint.private_dns == PrivateDns::Listed && !endpoint.private_dns_names.empty()) {
    findings.add(path, "\"listed\" has no use for private_dns_names; use \"enabled\"");
  }
  if (endpoint.private_dns == PrivateDns::Enabled && vpc != nullptr &&
      service_kind(endpoint.service_name) != ServiceKind::None &&
      endpoint_dns_names(endpoint, vpc->region).private_names.empty()) {
    findings.add(path,
                 "this service has no private DNS names; give the endpoint private_dns_names, or "
                 "use \"disabled\"");
  }
}

/// A record type that the endpoint's names have needs an address of its family at each interface.
void check_record_types(Findings& findings, const KeyPath& path, const NetworkInterface& interface,
                        DnsRecordIpType type) {
  if (!interface.address && !interface.ipv6_address) {
    return findings.add(path, "the interface has neither address nor ipv6_address");
  }
  if (type != DnsRecordIpType::Ipv6 && !interface.address) {
    findings.add(path,
                 "the interface has no address, which the A records of this dns_record_ip_type "
                 "need; \"ipv6\" does without");
  }
  const bool has_aaaa = type == DnsRecordIpType::Ipv6 || type == DnsRecordIpType::Dualstack;
  if (has_aaaa && !interface.ipv6_address) {
    findings.add(path,
                 "the interface has no ipv6_address, which the AAAA records of this "
                 "dns_record_ip_type need; \"ipv4\" does without");
  }
}

void check_interface_address(Findings& findings, const KeyPath& path, IpFamily family,
                             const IpAddress& address, const Subnet* subnet) {
  if (address.family() != family) {
    findings.add(path,
                 concat(address.to_text(), " is an ", address.is_v4() ? "IPv4" : "IPv6",
                        " address; its key is ", address.is_v4() ? "address" : "ipv6_address"));
  } else if (subnet != nullptr) {
    check_address(findings, path, address, *subnet);
  }
}

/// AWS refuses two subnets of one Availability Zone (DuplicateSubnetsInSameZone).
void check_zones_differ(Findings& findings, const KeyPath& path,
                        const std::vector<const Subnet*>& subnets) {
  std::map<std::string_view, size_t> seen;
  for (size_t i = 0; i < subnets.size(); ++i) {
    if (subnets[i] == nullptr) continue;
    const std::string_view zone = subnets[i]->availability_zone;
    const auto [first, fresh] = seen.emplace(zone, i);
    if (fresh) continue;
    findings.add(below(path, "network_interface", i, "subnet"),
                 concat("network_interface[", first->second, "] is in ", zone,
                        " already; an endpoint has one interface in each Availability Zone"));
  }
}

void check_interfaces(Findings& findings, const VpcEndpoint& endpoint,
                      const std::vector<const Subnet*>& subnets, const Vpc* vpc) {
  const KeyPath path{"vpc_endpoint", endpoint.name};
  if (endpoint.network_interfaces.empty()) {
    findings.add(below(path, "network_interface"),
                 "an interface endpoint has at least one network interface");
  }
  check_zones_differ(findings, path, subnets);
  for (size_t i = 0; i < subnets.size(); ++i) {
    const NetworkInterface& interface = endpoint.network_interfaces[i];
    const KeyPath at = below(path, "network_interface", i);
    if (subnets[i] != nullptr && vpc != nullptr) {
      check_subnet_vpc(findings, below(at, "subnet"), *subnets[i], *vpc);
    }
    check_record_types(findings, at, interface, endpoint.dns_record_ip_type);
    if (interface.address) {
      check_interface_address(findings, below(at, "address"), IpFamily::V4, *interface.address,
                              subnets[i]);
    }
    if (interface.ipv6_address) {
      check_interface_address(findings, below(at, "ipv6_address"), IpFamily::V6,
                              *interface.ipv6_address, subnets[i]);
    }
  }
}

void check_vpc_endpoint(Findings& findings, const VpcEndpoint& endpoint) {
  const KeyPath path{"vpc_endpoint", endpoint.name};
  std::vector<const Subnet*> subnets;
  for (size_t i = 0; i < endpoint.network_interfaces.size(); ++i) {
    subnets.push_back(findings.reference(below(path, "network_interface", i, "subnet"),
                                         findings.topology().subnets,
                                         endpoint.network_interfaces[i].subnet, "subnet"));
  }
  const Vpc* vpc = check_endpoint_vpc(findings, path, endpoint.vpc, subnets);
  check_service(findings, endpoint, vpc);
  check_given_names(findings, endpoint);
  if (vpc != nullptr) check_computed_names(findings, endpoint, *vpc);
  check_private_dns(findings, endpoint, vpc);
  check_interfaces(findings, endpoint, subnets, vpc);
  check_security_group_list(findings, path, vpc, endpoint.security_groups);
  if (!has_shape(endpoint.dns_suffix, id_shape::kVpcEndpointSuffix)) {
    findings.add(below(path, "dns_suffix"),
                 concat('"', endpoint.dns_suffix, "\" is no DNS suffix; it is ",
                        describe(id_shape::kVpcEndpointSuffix)));
  }
}

/// An endpoint's names in the DNS of its VPC, without wildcards.
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

/// The first endpoint of each VPC that has a name. AWS: "private-dns-enabled cannot be set because
/// there is already a conflicting DNS domain".
using NameOwners = std::map<std::pair<std::string_view, std::string>, const VpcEndpoint*>;

void check_conflicts(Findings& findings, NameOwners& owners, const VpcEndpoint& endpoint) {
  for (std::string& domain : private_domains(findings.topology(), endpoint)) {
    const auto [first, fresh] =
        owners.emplace(std::pair(std::string_view(endpoint.vpc), std::move(domain)), &endpoint);
    if (fresh || first->second == &endpoint) continue;
    return findings.add({"vpc_endpoint", endpoint.name, "private_dns"},
                        concat("VPC endpoint \"", first->second->name, "\" has private DNS for ",
                               first->first.second, " in this VPC already; AWS allows one"));
  }
}

}  // namespace

void check_vpc_endpoints(Findings& findings) {
  NameOwners owners;
  for (const VpcEndpoint& endpoint : findings.topology().vpc_endpoints) {
    check_vpc_endpoint(findings, endpoint);
    check_conflicts(findings, owners, endpoint);
  }
}

}  // namespace inlet53::topology
