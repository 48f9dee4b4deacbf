#include <map>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/ids.h"
#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

/// Where each id of one kind was seen first.
using Seen = std::map<std::string_view, KeyPath>;

void check_unique(Findings& findings, Seen& seen, const KeyPath& path, std::string_view id) {
  const auto [first, fresh] = seen.emplace(id, path);
  if (!fresh) {
    findings.add(path, concat('"', id, "\" is the id of ", to_text(first->second), " already"));
  }
}

void check_id(Findings& findings, Seen& seen, const KeyPath& object, std::string_view id,
              const IdShape& shape) {
  const KeyPath path = below(object, "id");
  if (has_shape(id, shape)) return check_unique(findings, seen, path, id);
  findings.add(path, concat('"', id, "\" is no id of this kind; it is ", describe(shape)));
}

template <class Object>
void check_names(Findings& findings, const char* key, const std::vector<Object>& objects) {
  std::set<std::string_view> names;
  for (const Object& object : objects) {
    if (!names.insert(object.name).second) {
      findings.add({key, object.name}, "another object of this kind has the same name");
    }
  }
}

template <class Object>
void check_kind(Findings& findings, const char* key, const std::vector<Object>& objects,
                const IdShape& shape) {
  check_names(findings, key, objects);
  Seen seen;
  for (const Object& object : objects) {
    check_id(findings, seen, {key, object.name}, object.id, shape);
  }
}

void check_interfaces(Findings& findings) {
  Seen resolver_interfaces;
  for (const ResolverEndpoint& endpoint : findings.topology().resolver_endpoints) {
    for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
      check_id(findings, resolver_interfaces, {"resolver_endpoint", endpoint.name, "ip_address", i},
               endpoint.ip_addresses[i].id, id_shape::kResolverNetworkInterface);
    }
  }
  Seen interfaces;
  for (const VpcEndpoint& endpoint : findings.topology().vpc_endpoints) {
    for (size_t i = 0; i < endpoint.network_interfaces.size(); ++i) {
      check_id(findings, interfaces, {"vpc_endpoint", endpoint.name, "network_interface", i},
               endpoint.network_interfaces[i].id, id_shape::kNetworkInterface);
    }
  }
}

void check_associations(Findings& findings) {
  Seen seen;
  for (const Vpc& vpc : findings.topology().vpcs) {
    for (size_t i = 0; i < vpc.firewall_rule_groups.size(); ++i) {
      check_id(findings, seen, {"vpc", vpc.name, "firewall_rule_group", i},
               vpc.firewall_rule_groups[i].id, id_shape::kFirewallRuleGroupAssociation);
    }
  }
}

void check_hosted_zone_ids(Findings& findings) {
  check_names(findings, "hosted_zone", findings.topology().hosted_zones);
  Seen seen;
  for (const HostedZone& zone : findings.topology().hosted_zones) {
    const KeyPath path{"hosted_zone", zone.name, "id"};
    if (is_hosted_zone_id(zone.id)) {
      check_unique(findings, seen, path, zone.id);
    } else {
      findings.add(path,
                   concat('"', zone.id, "\" is no id of this kind; it is Z and 1 to 31 of A-Z0-9"));
    }
  }
}

void check_resolver_endpoint_ids(Findings& findings) {
  check_names(findings, "resolver_endpoint", findings.topology().resolver_endpoints);
  Seen seen;
  for (const ResolverEndpoint& endpoint : findings.topology().resolver_endpoints) {
    check_id(findings, seen, {"resolver_endpoint", endpoint.name}, endpoint.id,
             endpoint.direction == Direction::Outbound ? id_shape::kOutboundEndpoint
                                                       : id_shape::kInboundEndpoint);
  }
}

}  // namespace

void check_identities(Findings& findings) {
  const Topology& topology = findings.topology();
  check_kind(findings, "vpc", topology.vpcs, id_shape::kVpc);
  check_kind(findings, "subnet", topology.subnets, id_shape::kSubnet);
  check_kind(findings, "prefix_list", topology.prefix_lists, id_shape::kPrefixList);
  check_kind(findings, "security_group", topology.security_groups, id_shape::kSecurityGroup);
  check_resolver_endpoint_ids(findings);
  check_kind(findings, "resolver_rule", topology.resolver_rules, id_shape::kResolverRule);
  check_kind(findings, "vpc_endpoint", topology.vpc_endpoints, id_shape::kVpcEndpoint);
  check_kind(findings, "rest_api", topology.rest_apis, id_shape::kRestApi);
  check_kind(findings, "instance", topology.instances, id_shape::kInstance);
  check_kind(findings, "firewall_domain_list", topology.firewall_domain_lists,
             id_shape::kFirewallDomainList);
  check_kind(findings, "firewall_rule_group", topology.firewall_rule_groups,
             id_shape::kFirewallRuleGroup);
  check_associations(findings);
  check_hosted_zone_ids(findings);
  check_interfaces(findings);
}

}  // namespace inlet53::topology
