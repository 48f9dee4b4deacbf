#include "object_keys.h"
#include "topology_reader.h"

namespace inlet53::config {

namespace {

using topology::RuleType;
using topology::TargetAddress;
using topology::TargetProtocol;

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kDnsOverTlsPort = 853;

/// An address with a port, or one without: then the port is 0, to be filled in.
Value<SocketAddress> parse_target(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return Unexpected(text.error());
  if (const auto address = IpAddress::parse(*text)) return SocketAddress{*address, 0};
  return parse_socket_address(node);
}

void read_target(TableReader& in, TargetAddress& target) {
  in.read("address", Need::Required, target.address, parse_target);
  in.read("protocol", Need::Optional, target.protocol,
          one_of<TargetProtocol>({{"Do53", TargetProtocol::Do53}, {"DoT", TargetProtocol::DoT}}));
  in.read("server_name_indication", Need::Optional, target.server_name_indication, parse_text);
  if (target.address.port == 0) {
    target.address.port = target.protocol == TargetProtocol::DoT ? kDnsOverTlsPort : kDnsPort;
  }
}

void read_resolver_rule(TableReader& in, topology::ResolverRule& rule) {
  rule.name = in.name();
  read_id(in, "id", id_shape::kResolverRule, rule.id);
  in.read("rule_type", Need::Optional, rule.rule_type,
          one_of<RuleType>({{"FORWARD", RuleType::Forward}, {"SYSTEM", RuleType::System}}));
  in.read("domain_name", Need::Required, rule.domain_name, parse_text);
  in.read("resolver_endpoint", Need::Optional, rule.resolver_endpoint, parse_text);
  in.each("target_ips",
          [&](TableReader& target) { read_target(target, rule.target_ips.emplace_back()); });
  in.read_list("vpcs", Need::Required, rule.vpcs, parse_text);
  in.refuse_for_now("delegation rules", {"delegation_record"});
}

}  // namespace

void read_resolver_rules(TableReader& root, topology::Topology& topology) {
  root.each_named("resolver_rule", [&](TableReader& in) {
    read_resolver_rule(in, topology.resolver_rules.emplace_back());
  });
}

}  // namespace inlet53::config
