// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "route53_records.h"

#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"
#include "inlet53/topology/endpoint_names.h"
#include "inlet53/zone/generated_zones.h"

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

/// The types of address records at a name.
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

/// Adds all addresses of `endpoint` at a name of its service.
void add_private_name(ZoneData& data, std::string_view owner, const VpcEndpoint& endpoint) {
  const dns::Name name = made_name(owner);
  const AddressTypes types = types_of_private_names(endpoint.dns_record_ip_type);
  for (const NetworkInterface& interface : endpoint.network_interfaces) {
    add_interface(data, name.view(), interface, types);
  }
}

/// Zones by apex. A new zone is partial and has no records.
using Zones = std::map<std::string, GeneratedZone>;

GeneratedZone& zone_at(Zones& zones, const std::string& apex) {
  return zones.try_emplace(apex, GeneratedZone{ZoneData(made_name(apex).view()), true})
      .first->second;
}

/// Returns the region of an endpoint's service; empty when the service has none.
std::string region_of(const Topology& topology, const VpcEndpoint& endpoint) {
  const std::string_view region = topology::service_region(endpoint.service_name);
  const topology::Vpc* vpc = topology.find_vpc(endpoint.vpc);
  return region.empty() && vpc != nullptr ? vpc->region : std::string(region);
}

bool is_for_rest_apis(const VpcEndpoint& endpoint) {
  return topology::service_label(endpoint.service_name) == kRestApiService;
}

/// Adds the private DNS names of the endpoint's service.
void add_private_names(Zones& zones, const VpcEndpoint& endpoint,
                       const topology::EndpointDnsNames& names) {
  for (const std::string& name : names.private_names) {
    const std::string apex(topology::without_wildcard(name));
    GeneratedZone& zone = zone_at(zones, apex);
    zone.partial = false;
    add_private_name(zone.data, apex, endpoint);
    if (name != apex) add_private_name(zone.data, name, endpoint);
  }
}

/// Adds the names of the topology's REST APIs in the region.
void add_listed_apis(Zones& zones, const Topology& topology, const VpcEndpoint& endpoint) {
  const std::string_view region = topology::service_region(endpoint.service_name);
  const std::string domain = topology::rest_api_domain(region);
  for (const RestApi& api : topology.rest_apis) {
    if (api.region != region) continue;
    add_private_name(zone_at(zones, domain).data, concat(api.id, ".", domain), endpoint);
  }
}

/// Adds the private DNS names of services in `vpc`.
void add_private_dns(Zones& zones, const Topology& topology, const topology::Vpc& vpc) {
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (endpoint.vpc != vpc.id) continue;
    if (endpoint.private_dns == PrivateDns::Enabled) {
      add_private_names(zones, endpoint,
                        topology::endpoint_dns_names(endpoint, region_of(topology, endpoint)));
    } else if (endpoint.private_dns == PrivateDns::Listed && is_for_rest_apis(endpoint)) {
      add_listed_apis(zones, topology, endpoint);
    }
  }
}

/// Adds `{api}-{vpce}.execute-api.R.amazonaws.com` of every association. AWS has these names in
/// public DNS, so they do not depend on a VPC or its private DNS.
void add_association_names(Zones& zones, const Topology& topology) {
  for (const RestApi& api : topology.rest_apis) {
    for (const std::string& id : api.vpc_endpoints) {
      const VpcEndpoint* endpoint = topology.find_vpc_endpoint(id);
      if (endpoint == nullptr || !is_for_rest_apis(*endpoint)) continue;
      const std::string domain =
          topology::rest_api_domain(topology::service_region(endpoint->service_name));
      add_private_name(zone_at(zones, domain).data, concat(api.id, "-", id, ".", domain),
                       *endpoint);
    }
  }
}

/// Adds the regional name of an endpoint, and a zonal one for each Availability Zone.
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

/// Adds the endpoints' own names, which AWS has in public DNS.
void add_all_endpoint_names(Zones& zones, const Topology& topology) {
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    const auto names = topology::endpoint_dns_names(endpoint, region_of(topology, endpoint));
    for (const std::string& domain : names.endpoint_domains) {
      add_endpoint_names(zone_at(zones, domain).data, topology, endpoint, domain);
    }
  }
}

}  // namespace

std::vector<GeneratedZone> endpoint_zones(const Topology& topology, const topology::Vpc& vpc) {
  Zones zones;
  add_private_dns(zones, topology, vpc);
  add_association_names(zones, topology);
  add_all_endpoint_names(zones, topology);
  std::vector<GeneratedZone> made;
  for (auto& [apex, zone] : zones) {
    if (!zone.partial) add_name_servers(zone.data, zone.data.apex());
    add_soa(zone.data);
    made.push_back(std::move(zone));
  }
  return made;
}

}  // namespace inlet53::zone
