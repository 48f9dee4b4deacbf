#include "object_keys.h"
#include "topology_reader.h"

namespace inlet53::config {

namespace {

using topology::Direction;
using topology::DnsRecordIpType;
using topology::EndpointProtocol;
using topology::PrivateDns;

void read_ip_address(TableReader& in, topology::ResolverEndpointIp& ip) {
  read_id(in, "id", id_shape::kResolverNetworkInterface, ip.id);
  in.read("subnet", Need::Required, ip.subnet, parse_text);
  in.read("address", Need::Required, ip.address, parse_ip_address);
  in.read("listen", Need::Optional, ip.listen, parse_socket_address);
  in.read("listen_dot", Need::Optional, ip.listen_dot, parse_socket_address);
  in.read("listen_doh", Need::Optional, ip.listen_doh, parse_socket_address);
  in.read("send_from", Need::Optional, ip.send_from, parse_ip_address);
  in.read("enabled", Need::Optional, ip.enabled, parse_boolean);
  in.refuse_for_now("IPv6 beside IPv4 in one address of an endpoint", {"ipv6"});
}

Value<EndpointProtocol> parse_endpoint_protocol(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (text && ascii_lower(*text) == "doh-fips") {
    return Unexpected(std::string("DoH-FIPS is not served: no module here has a FIPS validation"));
  }
  return one_of<EndpointProtocol>({{"Do53", EndpointProtocol::Do53},
                                   {"DoH", EndpointProtocol::DoH},
                                   {"DoT", EndpointProtocol::DoT}})(node);
}

void read_resolver_endpoint(TableReader& in, topology::ResolverEndpoint& endpoint) {
  endpoint.name = in.name();
  in.read("direction", Need::Optional, endpoint.direction,
          one_of<Direction>({{"INBOUND", Direction::Inbound},
                             {"INBOUND_DELEGATION", Direction::InboundDelegation},
                             {"OUTBOUND", Direction::Outbound}}));
  read_id(in, "id",
          endpoint.direction == Direction::Outbound ? id_shape::kOutboundEndpoint
                                                    : id_shape::kInboundEndpoint,
          endpoint.id);
  in.read("vpc", Need::Optional, endpoint.vpc, parse_text);
  if (in.has("protocols")) endpoint.protocols.clear();
  in.read_list("protocols", Need::Optional, endpoint.protocols, parse_endpoint_protocol);
  in.read_list("security_groups", Need::Required, endpoint.security_groups, parse_text);
  in.each("ip_address", [&](TableReader& address) {
    read_ip_address(address, endpoint.ip_addresses.emplace_back());
  });
  in.refuse_for_now("types of endpoints", {"resolver_endpoint_type"});
  in.refuse_for_now("Outposts", {"outpost_arn", "preferred_instance_type"});
  in.refuse_for_now("metrics",
                    {"rni_enhanced_metrics_enabled", "target_name_server_metrics_enabled"});
  in.refuse_for_now("DNS64", {"dns64_enabled"});
  in.refuse_for_now("targets in the Internet by IPv6", {"ipv6_internet_access_enabled"});
}

void read_network_interface(TableReader& in, topology::NetworkInterface& interface) {
  read_id(in, "id", id_shape::kNetworkInterface, interface.id);
  in.read("subnet", Need::Required, interface.subnet, parse_text);
  in.read("address", Need::Optional, interface.address, parse_ip_address);
  in.read("ipv6_address", Need::Optional, interface.ipv6_address, parse_ip_address);
  in.read("listen", Need::Optional, interface.listen, parse_socket_address);
}

void read_vpc_endpoint(TableReader& in, topology::VpcEndpoint& endpoint) {
  endpoint.name = in.name();
  read_id(in, "id", id_shape::kVpcEndpoint, endpoint.id);
  in.read("vpc", Need::Optional, endpoint.vpc, parse_text);
  in.read("service_name", Need::Required, endpoint.service_name, parse_text);
  read_id(in, "dns_suffix", id_shape::kVpcEndpointSuffix, endpoint.dns_suffix);
  in.read("private_dns", Need::Optional, endpoint.private_dns,
          one_of<PrivateDns>({{"disabled", PrivateDns::Disabled},
                              {"enabled", PrivateDns::Enabled},
                              {"listed", PrivateDns::Listed}}));
  in.read_list("private_dns_names", Need::Optional, endpoint.private_dns_names, parse_text);
  in.read_list("base_endpoint_dns_names", Need::Optional, endpoint.base_endpoint_dns_names,
               parse_text);
  in.read("dns_record_ip_type", Need::Optional, endpoint.dns_record_ip_type,
          one_of<DnsRecordIpType>({{"ipv4", DnsRecordIpType::Ipv4},
                                   {"dualstack", DnsRecordIpType::Dualstack},
                                   {"ipv6", DnsRecordIpType::Ipv6},
                                   {"service-defined", DnsRecordIpType::ServiceDefined}}));
  in.read_list("security_groups", Need::Optional, endpoint.security_groups, parse_text);
  read_policy(in, endpoint.policy, endpoint.policy_file);
  in.each("network_interface", [&](TableReader& interface) {
    read_network_interface(interface, endpoint.network_interfaces.emplace_back());
  });
  in.refuse_for_now("types of endpoints", {"ip_address_type", "vpc_endpoint_type"});
  in.refuse_for_now("gateway endpoints", {"route_table_ids"});
  in.refuse_for_now("services of other regions", {"service_region"});
  in.refuse_for_now("resources and service networks",
                    {"resource_configuration_arn", "service_network_arn"});
  in.refuse_for_now("DNS options", {"dns_options", "private_dns_only_for_inbound_resolver_endpoint",
                                    "private_dns_preference", "private_dns_specified_domains"});
}

}  // namespace

void read_endpoints(TableReader& root, topology::Topology& topology) {
  root.each_named("resolver_endpoint", [&](TableReader& in) {
    read_resolver_endpoint(in, topology.resolver_endpoints.emplace_back());
  });
  root.each_named("vpc_endpoint", [&](TableReader& in) {
    read_vpc_endpoint(in, topology.vpc_endpoints.emplace_back());
  });
}

}  // namespace inlet53::config
