// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/certificate_names.h"

#include <algorithm>
#include <set>

#include "inlet53/base/partition.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/service_names.h"

namespace inlet53::topology {

namespace {

// 0.0.0.0 and :: say where to listen; no client connects to them.
bool is_unspecified(const IpAddress& address) {
  return std::ranges::all_of(address.bytes(), [](uint8_t octet) { return octet == 0; });
}

std::vector<std::string> dns_names(const Topology& topology) {
  std::set<std::string> endpoints;
  std::set<IpAddress> addresses;
  for (const ResolverEndpoint& endpoint : topology.resolver_endpoints) {
    const Vpc* vpc = topology.find_vpc(endpoint.vpc);
    if (endpoint.direction == Direction::Outbound || vpc == nullptr) continue;
    for (const ResolverEndpointIp& ip : endpoint.ip_addresses) {
      if (!ip.enabled) continue;
      for (const EndpointProtocol protocol : endpoint.protocols) {
        if (protocol == EndpointProtocol::Do53) continue;
        endpoints.insert(
            concat(endpoint.id, ".resolver.", vpc->region, ".", dns_suffix_of(vpc->region)));
        addresses.insert(ip.address);
        const IpAddress listen = serving_address(ip, protocol).address;
        if (!is_unspecified(listen)) addresses.insert(listen);
      }
    }
  }
  std::vector<std::string> names(endpoints.begin(), endpoints.end());
  for (const IpAddress& address : addresses) names.push_back(address.to_text());
  return names;
}

std::vector<std::string> gateway_names(const Topology& topology) {
  std::set<std::string_view> regions;
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (service_label(endpoint.service_name) == "execute-api") {
      regions.insert(service_region(endpoint.service_name));
    }
  }
  std::vector<std::string> names;
  for (const std::string_view region : regions) {
    names.push_back(concat("*.execute-api.", region, ".", dns_suffix_of(region)));
    names.push_back(concat("*.execute-api.", region, ".vpce.", dns_suffix_of(region)));
  }
  return names;
}

}  // namespace

CertificateNames certificate_names(const Topology& topology) {
  CertificateNames names;
  names.dns = dns_names(topology);
  if (calls_for_gateway(topology)) names.gateway = gateway_names(topology);
  return names;
}

}  // namespace inlet53::topology
