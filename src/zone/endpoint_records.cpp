#include "inlet53/zone/endpoint_records.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "route53_records.h"

#include "inlet53/base/partition.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

using dns::RRType;
using topology::DnsRecordIpType;
using topology::NetworkInterface;
using topology::PrivateDns;
using topology::RestApi;
using topology::Topology;
using topology::VpcEndpoint;

constexpr std::string_view kRestApiService = "execute-api";

/// A service in one region: what the names of its endpoints have in common.
struct Service {
  std::string_view region;
  std::string_view label;  // as in the service's name, `ecr.api`

  friend bool operator==(const Service&, const Service&) = default;
};

/// `api.ecr` of `ecr.api`: DNS has the labels the other way round. Source: aws.md §3.1.
std::string reversed(std::string_view label) {
  std::string out;
  while (true) {
    const size_t dot = label.rfind('.');
    if (dot == std::string_view::npos) return out += label;
    out += label.substr(dot + 1);
    out += '.';
    label = label.substr(0, dot);
  }
}

std::string private_name(const Service& service) {
  return concat(reversed(service.label), ".", service.region, ".", dns_suffix_of(service.region));
}

std::string endpoint_domain(const Service& service) {
  return concat(reversed(service.label), ".", service.region, ".vpce.",
                dns_suffix_of(service.region));
}

/// The kinds of address records at a name.
struct AddressTypes {
  bool a = false;
  bool aaaa = false;
};

AddressTypes types_of_private_names(DnsRecordIpType type) {
  switch (type) {
    case DnsRecordIpType::Ipv4:
    case DnsRecordIpType::ServiceDefined:
      return {.a = true, .aaaa = false};
    case DnsRecordIpType::Ipv6:
      return {.a = false, .aaaa = true};
    case DnsRecordIpType::Dualstack:
      break;
  }
  return {.a = true, .aaaa = true};
}

AddressTypes types_of_endpoint_names(DnsRecordIpType type) {
  if (type == DnsRecordIpType::ServiceDefined) return {.a = true, .aaaa = true};
  return types_of_private_names(type);
}

void add_address(ZoneData& data, dns::NameView owner, RRType type,
                 const std::optional<IpAddress>& address) {
  if (!address) return;
  data.add(owner, static_cast<uint16_t>(type), kEndpointTtl, address->bytes());
}

void add_interface(ZoneData& data, dns::NameView owner, const NetworkInterface& interface,
                   AddressTypes types) {
  if (types.a) add_address(data, owner, RRType::A, interface.address);
  if (types.aaaa) add_address(data, owner, RRType::AAAA, interface.ipv6_address);
}

/// All addresses of `endpoint` at a name of its service.
void add_private_name(ZoneData& data, std::string_view owner, const VpcEndpoint& endpoint) {
  const dns::Name name = made_name(owner);
  const AddressTypes types = types_of_private_names(endpoint.dns_record_ip_type);
  for (const NetworkInterface& interface : endpoint.network_interfaces) {
    add_interface(data, name.view(), interface, types);
  }
}

Service service_of(const VpcEndpoint& endpoint) {
  return {topology::service_region(endpoint.service_name),
          topology::service_label(endpoint.service_name)};
}

/// Each service that has an endpoint anywhere, once.
std::vector<Service> services_of(const Topology& topology) {
  std::vector<Service> services;
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    const Service service = service_of(endpoint);
    if (std::ranges::find(services, service) == services.end()) services.push_back(service);
  }
  return services;
}

/// The endpoint that answers the service's own names in `vpc`: there is one at most, as at AWS.
const VpcEndpoint* find_private_endpoint(const Topology& topology, const topology::Vpc& vpc,
                                         const Service& service) {
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (endpoint.vpc == vpc.id && endpoint.private_dns != PrivateDns::Disabled &&
        service_of(endpoint) == service) {
      return &endpoint;
    }
  }
  return nullptr;
}

/// `{api}-{vpce}.execute-api.R.amazonaws.com` of every association. These are in public DNS at AWS,
/// so they don't depend on a VPC or on its private DNS.
void add_association_names(ZoneData& data, const Topology& topology, const Service& service) {
  if (service.label != kRestApiService) return;
  for (const RestApi& api : topology.rest_apis) {
    for (const std::string& id : api.vpc_endpoints) {
      const VpcEndpoint* endpoint = topology.find_vpc_endpoint(id);
      if (endpoint == nullptr || service_of(*endpoint) != service) continue;
      add_private_name(data, concat(api.id, "-", id, ".", private_name(service)), *endpoint);
    }
  }
}

/// The names of the region's REST APIs that the topology has, and no others.
void add_listed_apis(ZoneData& data, const Topology& topology, const Service& service,
                     const VpcEndpoint& endpoint) {
  if (service.label != kRestApiService) return;
  for (const RestApi& api : topology.rest_apis) {
    if (api.region != service.region) continue;
    add_private_name(data, concat(api.id, ".", private_name(service)), endpoint);
  }
}

/// The service's own names as `vpc` sees them. Absent when it sees none.
std::optional<EndpointZone> private_zone(const Topology& topology, const topology::Vpc& vpc,
                                         const Service& service) {
  const std::string domain = private_name(service);
  EndpointZone zone{ZoneData(made_name(domain).view()), true};
  const VpcEndpoint* endpoint = find_private_endpoint(topology, vpc, service);
  if (endpoint != nullptr && endpoint->private_dns == PrivateDns::Enabled) {
    zone.partial = false;
    add_name_servers(zone.data, zone.data.apex());
    add_private_name(zone.data, domain, *endpoint);
    add_private_name(zone.data, concat("*.", domain), *endpoint);
  } else if (endpoint != nullptr) {
    add_listed_apis(zone.data, topology, service, *endpoint);
  }
  add_association_names(zone.data, topology, service);
  if (zone.data.size() == 0) return {};
  add_soa(zone.data);
  return zone;
}

/// The regional name of an endpoint, and a zonal one for each Availability Zone.
void add_endpoint_names(ZoneData& data, const Topology& topology, const VpcEndpoint& endpoint,
                        std::string_view domain) {
  const AddressTypes types = types_of_endpoint_names(endpoint.dns_record_ip_type);
  const std::string label = concat(endpoint.id, "-", endpoint.dns_suffix);
  const dns::Name regional = made_name(concat(label, ".", domain));
  for (const NetworkInterface& interface : endpoint.network_interfaces) {
    add_interface(data, regional.view(), interface, types);
    const topology::Subnet* subnet = topology.find_subnet(interface.subnet);
    if (subnet == nullptr) continue;
    const dns::Name zonal = made_name(concat(label, "-", subnet->availability_zone, ".", domain));
    add_interface(data, zonal.view(), interface, types);
  }
}

/// The endpoints' own names, which are in public DNS at AWS.
EndpointZone endpoint_zone(const Topology& topology, const Service& service) {
  const std::string domain = endpoint_domain(service);
  EndpointZone zone{ZoneData(made_name(domain).view()), true};
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (service_of(endpoint) != service) continue;
    add_endpoint_names(zone.data, topology, endpoint, domain);
  }
  add_soa(zone.data);
  return zone;
}

}  // namespace

std::vector<EndpointZone> endpoint_zones(const Topology& topology, const topology::Vpc& vpc) {
  std::vector<EndpointZone> zones;
  for (const Service& service : services_of(topology)) {
    if (std::optional<EndpointZone> zone = private_zone(topology, vpc, service)) {
      zones.push_back(*std::move(zone));
    }
    zones.push_back(endpoint_zone(topology, service));
  }
  return zones;
}

}  // namespace inlet53::zone
