// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "readers.h"

namespace inlet53::config {

namespace {

using topology::IpProtocol;
using topology::SecurityGroupRule;

void read_vpc(TableReader& in, const Owner& owner, topology::Vpc& vpc) {
  vpc.name = in.name();
  read_id(in, "id", id_shape::kVpc, vpc.id);
  read_owner(in, owner, vpc.region, vpc.account_id);
  in.read_list("cidr_blocks", Need::Required, vpc.cidr_blocks, parse_cidr);
  in.read("enable_dns_support", Need::Optional, vpc.enable_dns_support, parse_boolean);
  in.read("enable_dns_hostnames", Need::Optional, vpc.enable_dns_hostnames, parse_boolean);
  in.read("autodefined_reverse", Need::Optional, vpc.autodefined_reverse, parse_boolean);
  in.read("firewall_fail_open", Need::Optional, vpc.firewall_fail_open, parse_boolean);
  in.each("firewall_rule_group", [&](TableReader& association) {
    read_firewall_association(association, vpc.firewall_rule_groups.emplace_back());
  });
  in.refuse_for_now("tenancy", {"instance_tenancy"});
  in.refuse_for_now("IPAM", {"ipv4_ipam_pool_id", "ipv4_netmask_length", "ipv6_ipam_pool_id",
                             "ipv6_netmask_length", "ipv6_pool"});
  in.refuse_for_now("DHCP options", {"dhcp_options", "dhcp_options_id"});
}

void read_subnet(TableReader& in, topology::Subnet& subnet) {
  subnet.name = in.name();
  read_id(in, "id", id_shape::kSubnet, subnet.id);
  in.read("vpc", Need::Required, subnet.vpc, parse_text);
  in.read("availability_zone", Need::Required, subnet.availability_zone, parse_text);
  in.read("cidr_block", Need::Required, subnet.cidr_block, parse_cidr);
  in.read("ipv6_cidr_block", Need::Optional, subnet.ipv6_cidr_block, parse_cidr);
  in.refuse_for_now("IPAM", {"ipv4_ipam_pool_id", "ipv4_netmask_length", "ipv6_ipam_pool_id",
                             "ipv6_netmask_length"});
  in.refuse_for_now("Outposts", {"outpost_arn", "enable_lni_at_device_index"});
  in.refuse_for_now("DNS64", {"enable_dns64"});
  in.refuse_for_now("several IPv6 blocks", {"ipv6_cidr_blocks"});
  in.refuse_for_now("ids of Availability Zones", {"availability_zone_id"});
  in.refuse_for_now("settings of new instances",
                    {"assign_ipv6_address_on_creation", "ipv6_native", "map_public_ip_on_launch",
                     "private_dns_name_options_on_launch"});
}

void read_instance(TableReader& in, topology::Instance& instance) {
  instance.name = in.name();
  read_id(in, "id", id_shape::kInstance, instance.id);
  in.read("subnet", Need::Required, instance.subnet, parse_text);
  in.read("address", Need::Required, instance.address, parse_ip_address);
  in.read("ipv6_address", Need::Optional, instance.ipv6_address, parse_ip_address);
  in.read("public_address", Need::Optional, instance.public_address, parse_ip_address);
  in.refuse_for_now("names of instances by their ids", {"private_dns_name_options"});
  in.refuse_for_now("what runs on instances",
                    {"image_id", "instance_type", "key_name", "launch_template", "user_data"});
  in.refuse_for_now("security groups of instances", {"security_groups", "security_group_ids"});
  in.refuse_for_now("several network interfaces", {"network_interfaces"});
  in.refuse_for_now("roles", {"iam_instance_profile"});
}

void read_prefix_list(TableReader& in, topology::PrefixList& list) {
  list.name = in.name();
  read_id(in, "id", id_shape::kPrefixList, list.id);
  in.read("address_family", Need::Optional, list.address_family,
          one_of<IpFamily>({{"IPv4", IpFamily::V4}, {"IPv6", IpFamily::V6}}));
  in.read("max_entries", Need::Optional, list.max_entries,
          in_range<uint32_t>(parse_number, kAnyNumber));
  in.each("entries", [&](TableReader& entry) {
    topology::PrefixListEntry& added = list.entries.emplace_back();
    entry.read("cidr", Need::Required, added.cidr, parse_cidr);
    entry.read("description", Need::Optional, added.description, parse_text);
  });
}

/// Parses "tcp", "udp", "all", and -1, AWS's notation for all protocols, in quotes or not.
Value<IpProtocol> parse_protocol(const toml::node& node) {
  if (const auto* number = node.as_integer(); number != nullptr && number->get() == -1) {
    return IpProtocol::All;
  }
  return one_of<IpProtocol>({{"tcp", IpProtocol::Tcp},
                             {"udp", IpProtocol::Udp},
                             {"all", IpProtocol::All},
                             {"-1", IpProtocol::All}})(node);
}

/// Reads `port` for one port, or `from_port` and `to_port` for a range; neither for all protocols.
/// `protocol` is absent when it could not be read.
void read_ports(TableReader& in, std::optional<IpProtocol> protocol, SecurityGroupRule& rule) {
  const auto parse_port = in_range<uint16_t>(parse_number, {0, UINT16_MAX});
  const bool one = in.has("port");
  const bool several = in.has("from_port") || in.has("to_port");
  const Need need_ends = several ? Need::Required : Need::Optional;
  in.read("port", Need::Optional, rule.from_port, parse_port);
  if (one) rule.to_port = rule.from_port;
  in.read("from_port", need_ends, rule.from_port, parse_port);
  in.read("to_port", need_ends, rule.to_port, parse_port);

  const std::string_view first = one ? "port" : in.has("from_port") ? "from_port" : "to_port";
  if (one && several) {
    in.report("port", "a rule has either port or from_port and to_port");
  } else if (protocol == IpProtocol::All && (one || several)) {
    in.report(first, "a rule for all protocols has no ports; use protocol \"tcp\" or \"udp\"");
  } else if (protocol && protocol != IpProtocol::All && !one && !several) {
    in.report("port", "this key is missing (or from_port and to_port)");
  }
}

void read_source(TableReader& in, SecurityGroupRule& rule) {
  in.read("cidr", Need::Optional, rule.source, parse_cidr);
  in.read("prefix_list", Need::Optional, rule.source, parse_text);
  if (in.has("cidr") && in.has("prefix_list")) {
    in.report("prefix_list", "a rule has either cidr or prefix_list");
  } else if (!in.has("cidr") && !in.has("prefix_list")) {
    in.report("cidr", "this key is missing (or prefix_list)");
  }
}

void read_security_group(TableReader& in, topology::SecurityGroup& group) {
  group.name = in.name();
  read_id(in, "id", id_shape::kSecurityGroup, group.id);
  in.read("vpc", Need::Required, group.vpc, parse_text);
  in.each("ingress", [&](TableReader& entry) {
    SecurityGroupRule& rule = group.ingress.emplace_back();
    std::optional<IpProtocol> protocol;
    entry.read("protocol", Need::Required, protocol, parse_protocol);
    rule.protocol = protocol.value_or(IpProtocol::All);
    read_ports(entry, protocol, rule);
    read_source(entry, rule);
    entry.read("description", Need::Optional, rule.description, parse_text);
    entry.refuse_for_now("security groups as sources",
                         {"source_security_group", "source_security_group_id",
                          "source_security_group_name", "source_security_group_owner_id"});
  });
  in.refuse_for_now("rules for outgoing traffic", {"egress"});
  in.refuse_for_now("descriptions", {"description", "group_description"});
}

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

void read_networks(TableReader& root, const Owner& owner, topology::Topology& topology) {
  root.each_named("vpc",
                  [&](TableReader& in) { read_vpc(in, owner, topology.vpcs.emplace_back()); });
  root.each_named("subnet",
                  [&](TableReader& in) { read_subnet(in, topology.subnets.emplace_back()); });
  root.each_named("instance",
                  [&](TableReader& in) { read_instance(in, topology.instances.emplace_back()); });
  root.each_named("prefix_list", [&](TableReader& in) {
    read_prefix_list(in, topology.prefix_lists.emplace_back());
  });
  root.each_named("security_group", [&](TableReader& in) {
    read_security_group(in, topology.security_groups.emplace_back());
  });
  root.refuse_for_now("network ACLs", {"network_acl"});
  root.refuse_for_now("routes", {"route_table", "internet_gateway", "nat_gateway",
                                 "transit_gateway", "vpc_peering_connection"});
  root.refuse_for_now("DHCP options", {"dhcp_options"});
}

void read_endpoints(TableReader& root, topology::Topology& topology) {
  root.each_named("resolver_endpoint", [&](TableReader& in) {
    read_resolver_endpoint(in, topology.resolver_endpoints.emplace_back());
  });
  root.each_named("vpc_endpoint", [&](TableReader& in) {
    read_vpc_endpoint(in, topology.vpc_endpoints.emplace_back());
  });
}

}  // namespace inlet53::config
