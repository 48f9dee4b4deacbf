// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/endpoint_access.h"

#include <algorithm>

namespace inlet53::topology {

namespace {

bool rule_covers(const SecurityGroupRule& rule, IpProtocol protocol, uint16_t port) {
  if (rule.protocol == IpProtocol::All) return true;
  return rule.protocol == protocol && rule.from_port <= port && port <= rule.to_port;
}

/// Returns the enabled addresses of inbound and delegation endpoints for which `matches` holds.
template <class Predicate>
std::vector<EndpointTarget> endpoints_where(const Topology& topology, Predicate matches) {
  std::vector<EndpointTarget> found;
  for (const ResolverEndpoint& endpoint : topology.resolver_endpoints) {
    if (endpoint.direction == Direction::Outbound) continue;
    for (const ResolverEndpointIp& ip : endpoint.ip_addresses) {
      if (ip.enabled && matches(endpoint, ip)) found.push_back({&endpoint, &ip});
    }
  }
  return found;
}

bool is_served_at(const ResolverEndpoint& endpoint, const ResolverEndpointIp& ip,
                  const SocketAddress& address) {
  return std::ranges::any_of(endpoint.protocols, [&](EndpointProtocol protocol) {
    return listen_of(ip, protocol) == address;
  });
}

}  // namespace

CidrSet allowed_sources(const Topology& topology, const std::vector<std::string>& security_groups,
                        IpProtocol protocol, uint16_t port) {
  std::vector<Cidr> blocks;
  for (const std::string& id : security_groups) {
    const SecurityGroup* group = topology.find_security_group(id);
    if (group == nullptr) continue;  // `validate` rejects such a topology
    for (const SecurityGroupRule& rule : group->ingress) {
      if (!rule_covers(rule, protocol, port)) continue;
      if (const Cidr* cidr = std::get_if<Cidr>(&rule.source)) {
        blocks.push_back(*cidr);
        continue;
      }
      const PrefixList* list = topology.find_prefix_list(std::get<std::string>(rule.source));
      if (list == nullptr) continue;
      for (const PrefixListEntry& entry : list->entries) blocks.push_back(entry.cidr);
    }
  }
  return CidrSet(blocks);
}

EndpointProtocol endpoint_protocol(TargetProtocol protocol) noexcept {
  return protocol == TargetProtocol::DoT ? EndpointProtocol::DoT : EndpointProtocol::Do53;
}

std::vector<EndpointTarget> endpoints_of_target(const Topology& topology, const ResolverRule& rule,
                                                const TargetAddress& target) {
  const SocketAddress& address = target.address;
  std::vector<EndpointTarget> found = endpoints_where(
      topology, [&](const ResolverEndpoint& endpoint, const ResolverEndpointIp& ip) {
        return is_served_at(endpoint, ip, address);
      });
  if (!found.empty()) return found;
  if (address.port != service_port(endpoint_protocol(target.protocol))) return {};
  found = endpoints_where(topology, [&](const ResolverEndpoint&, const ResolverEndpointIp& ip) {
    return ip.address == address.address;
  });
  const ResolverEndpoint* outbound = topology.find_resolver_endpoint(rule.resolver_endpoint);
  if (outbound == nullptr) return found;
  for (const EndpointTarget& each : found) {
    if (each.endpoint->vpc == outbound->vpc) return {each};
  }
  return found;
}

SocketAddress reached_address(const Topology& topology, const ResolverRule& rule,
                              const TargetAddress& target) {
  const std::vector<EndpointTarget> found = endpoints_of_target(topology, rule, target);
  if (found.empty()) return target.address;
  const ResolverEndpointIp& ip = *found.front().ip;
  SocketAddress address = target.address;
  if (address.address == ip.address) {
    address = serving_address(ip, endpoint_protocol(target.protocol));
  }
  if (address.address.is_unspecified()) {
    address.address = *IpAddress::parse(address.address.is_v4() ? "127.0.0.1" : "::1");
  }
  return address;
}

}  // namespace inlet53::topology
