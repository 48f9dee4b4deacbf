// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/topology.h"

#include <algorithm>

#include "inlet53/base/aws_names.h"
#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kHttpsPort = 443;
constexpr uint16_t kDnsOverTlsPort = 853;

template <class Object>
const Object* find_by_id(const std::vector<Object>& objects, std::string_view id) noexcept {
  const auto found =
      std::find_if(objects.begin(), objects.end(), [&](const Object& o) { return o.id == id; });
  return found == objects.end() ? nullptr : &*found;
}

}  // namespace

const Vpc* Topology::find_vpc(std::string_view id) const noexcept { return find_by_id(vpcs, id); }

const Subnet* Topology::find_subnet(std::string_view id) const noexcept {
  return find_by_id(subnets, id);
}

const PrefixList* Topology::find_prefix_list(std::string_view id) const noexcept {
  return find_by_id(prefix_lists, id);
}

const SecurityGroup* Topology::find_security_group(std::string_view id) const noexcept {
  return find_by_id(security_groups, id);
}

const ResolverEndpoint* Topology::find_resolver_endpoint(std::string_view id) const noexcept {
  return find_by_id(resolver_endpoints, id);
}

const VpcEndpoint* Topology::find_vpc_endpoint(std::string_view id) const noexcept {
  return find_by_id(vpc_endpoints, id);
}

const Function* Topology::find_function(std::string_view id) const noexcept {
  return find_by_id(functions, id);
}

const FirewallDomainList* Topology::find_firewall_domain_list(std::string_view id) const noexcept {
  return find_by_id(firewall_domain_lists, id);
}

const FirewallRuleGroup* Topology::find_firewall_rule_group(std::string_view id) const noexcept {
  return find_by_id(firewall_rule_groups, id);
}

std::string function_arn(std::string_view region, std::string_view account_id,
                         std::string_view name) {
  return concat("arn:", partition_of(region), ":lambda:", region, ':', account_id,
                ":function:", name);
}

bool calls_for_dns(const Topology& topology) noexcept {
  const auto is_served = [](const ResolverEndpoint& endpoint) {
    return endpoint.direction != Direction::Outbound &&
           std::any_of(endpoint.ip_addresses.begin(), endpoint.ip_addresses.end(),
                       [](const ResolverEndpointIp& ip) { return ip.enabled; });
  };
  return std::any_of(topology.resolver_endpoints.begin(), topology.resolver_endpoints.end(),
                     is_served);
}

bool calls_for_gateway(const Topology& topology) noexcept {
  return std::any_of(topology.rest_apis.begin(), topology.rest_apis.end(),
                     [](const RestApi& api) { return !api.stages.empty(); });
}

std::string_view to_text(EndpointProtocol protocol) noexcept {
  switch (protocol) {
    case EndpointProtocol::Do53:
      return "Do53";
    case EndpointProtocol::DoH:
      return "DoH";
    case EndpointProtocol::DoT:
      return "DoT";
  }
  return {};
}

uint16_t service_port(EndpointProtocol protocol) noexcept {
  switch (protocol) {
    case EndpointProtocol::Do53:
      break;
    case EndpointProtocol::DoH:
      return kHttpsPort;
    case EndpointProtocol::DoT:
      return kDnsOverTlsPort;
  }
  return kDnsPort;
}

const std::optional<SocketAddress>& listen_of(const ResolverEndpointIp& ip,
                                              EndpointProtocol protocol) noexcept {
  switch (protocol) {
    case EndpointProtocol::Do53:
      break;
    case EndpointProtocol::DoH:
      return ip.listen_doh;
    case EndpointProtocol::DoT:
      return ip.listen_dot;
  }
  return ip.listen;
}

SocketAddress serving_address(const ResolverEndpointIp& ip, EndpointProtocol protocol) {
  return listen_of(ip, protocol).value_or(SocketAddress{ip.address, service_port(protocol)});
}

std::vector<SocketAddress> serving_addresses(const NetworkInterface& interface) {
  if (interface.listen) return {*interface.listen};
  std::vector<SocketAddress> addresses;
  if (interface.address) addresses.push_back({*interface.address, kHttpsPort});
  if (interface.ipv6_address) addresses.push_back({*interface.ipv6_address, kHttpsPort});
  return addresses;
}

}  // namespace inlet53::topology
