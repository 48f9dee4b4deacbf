#include "references.h"

#include <map>
#include <set>
#include <string_view>

namespace inlet53::config {

namespace {

using topology::Topology;

/// The ids of the objects of one kind by their names.
class IdsByName {
 public:
  template <class Object>
  explicit IdsByName(const std::vector<Object>& objects) {
    for (const Object& object : objects) {
      ids_.insert(object.id);
      by_name_.emplace(object.name, object.id);
    }
  }

  void resolve(std::string& reference) const {
    if (ids_.contains(reference)) return;
    const auto named = by_name_.find(reference);
    if (named != by_name_.end()) reference = named->second;
  }

  void resolve(std::vector<std::string>& references) const {
    for (std::string& reference : references) resolve(reference);
  }

 private:
  std::set<std::string_view> ids_;
  std::map<std::string_view, std::string_view> by_name_;
};

void resolve_prefix_lists(Topology& topology) {
  const IdsByName prefix_lists(topology.prefix_lists);
  for (topology::SecurityGroup& group : topology.security_groups) {
    for (topology::SecurityGroupRule& rule : group.ingress) {
      if (auto* reference = std::get_if<std::string>(&rule.source)) {
        prefix_lists.resolve(*reference);
      }
    }
  }
}

template <class Interface>
void take_vpc_of_subnets(const Topology& topology, const std::vector<Interface>& interfaces,
                         std::string& vpc) {
  for (const Interface& interface : interfaces) {
    const topology::Subnet* subnet = topology.find_subnet(interface.subnet);
    if (subnet == nullptr) continue;
    vpc = subnet->vpc;
    return;
  }
}

/// `interfaces`: the member that holds the endpoint's places in subnets.
template <class Endpoint, class Interface>
void resolve_endpoints(Topology& topology, std::vector<Endpoint>& endpoints,
                       std::vector<Interface> Endpoint::*interfaces) {
  const IdsByName vpcs(topology.vpcs);
  const IdsByName subnets(topology.subnets);
  const IdsByName security_groups(topology.security_groups);
  for (Endpoint& endpoint : endpoints) {
    for (Interface& interface : endpoint.*interfaces) subnets.resolve(interface.subnet);
    security_groups.resolve(endpoint.security_groups);
    vpcs.resolve(endpoint.vpc);
    if (endpoint.vpc.empty()) take_vpc_of_subnets(topology, endpoint.*interfaces, endpoint.vpc);
  }
}

void resolve_functions(Topology& topology) {
  const IdsByName functions(topology.functions);
  for (topology::RestApi& api : topology.rest_apis) {
    for (topology::Resource& resource : api.resources) {
      for (topology::Method& method : resource.methods) {
        functions.resolve(method.integration.function);
      }
    }
  }
}

void resolve_firewalls(Topology& topology) {
  const IdsByName lists(topology.firewall_domain_lists);
  for (topology::FirewallRuleGroup& group : topology.firewall_rule_groups) {
    for (topology::FirewallRule& rule : group.rules) lists.resolve(rule.domain_list);
  }
  const IdsByName groups(topology.firewall_rule_groups);
  for (topology::Vpc& vpc : topology.vpcs) {
    for (topology::FirewallRuleGroupAssociation& association : vpc.firewall_rule_groups) {
      groups.resolve(association.rule_group);
    }
  }
}

}  // namespace

void resolve_references(Topology& topology) {
  const IdsByName vpcs(topology.vpcs);
  for (topology::Subnet& subnet : topology.subnets) vpcs.resolve(subnet.vpc);
  for (topology::SecurityGroup& group : topology.security_groups) vpcs.resolve(group.vpc);
  for (topology::HostedZone& zone : topology.hosted_zones) vpcs.resolve(zone.vpcs);
  const IdsByName resolver_endpoints(topology.resolver_endpoints);
  for (topology::ResolverRule& rule : topology.resolver_rules) {
    resolver_endpoints.resolve(rule.resolver_endpoint);
    vpcs.resolve(rule.vpcs);
  }
  resolve_prefix_lists(topology);
  resolve_endpoints(topology, topology.resolver_endpoints,
                    &topology::ResolverEndpoint::ip_addresses);
  resolve_endpoints(topology, topology.vpc_endpoints, &topology::VpcEndpoint::network_interfaces);
  const IdsByName endpoints(topology.vpc_endpoints);
  for (topology::RestApi& api : topology.rest_apis) endpoints.resolve(api.vpc_endpoints);
  resolve_functions(topology);
  resolve_firewalls(topology);
  const IdsByName subnets(topology.subnets);
  for (topology::Instance& instance : topology.instances) subnets.resolve(instance.subnet);
}

}  // namespace inlet53::config
