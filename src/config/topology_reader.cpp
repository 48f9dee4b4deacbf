// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <string_view>

#include "readers.h"

namespace inlet53::config {

namespace {

void read_inherited(TableReader& in, std::string_view key, const std::string& inherited,
                    bool at_top, std::string& out) {
  out = inherited;
  in.read(key, Need::Optional, out, parse_text);
  if (!in.has(key) && !at_top) {
    in.report(key, "this key is missing; it can stand here or at the top of the file, for all");
  }
}

constexpr size_t kMaxPolicyOctets = 64U << 10;  // API Gateway takes 8192 characters

Value<std::string> parse_policy(const toml::node& node) {
  Value<std::string> text = parse_text(node);
  if (text && text->size() > kMaxPolicyOctets) {
    return Unexpected(concat("the policy has more than ", kMaxPolicyOctets, " bytes"));
  }
  return text;
}

using topology::Topology;

/// Ids of the objects of one kind by their names.
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
void set_vpc_of_subnets(const Topology& topology, const std::vector<Interface>& interfaces,
                        std::string& vpc) {
  for (const Interface& interface : interfaces) {
    const topology::Subnet* subnet = topology.find_subnet(interface.subnet);
    if (subnet == nullptr) continue;
    vpc = subnet->vpc;
    return;
  }
}

/// `interfaces`: the member with the endpoint's interfaces in subnets.
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
    if (endpoint.vpc.empty()) set_vpc_of_subnets(topology, endpoint.*interfaces, endpoint.vpc);
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

void read_id(TableReader& in, std::string_view key, const IdShape& shape, std::string& id) {
  if (key == "id") in.refuse_for_now("tags", {"tags"});
  in.read(key, Need::Optional, id, parse_text);
  if (in.has(key)) return;
  const std::string object = topology::to_text(in.path());
  id = generate_id(shape, key == "id" ? object : concat(object, '.', key));
}

void read_owner(TableReader& in, const Owner& owner, std::string& region, std::string& account_id) {
  read_inherited(in, "region", owner.region, owner.has_region, region);
  read_inherited(in, "account_id", owner.account_id, owner.has_account_id, account_id);
}

void read_policy(TableReader& in, std::string& policy, std::string& policy_file) {
  in.read("policy", Need::Optional, policy, parse_policy);
  in.read("policy_file", Need::Optional, policy_file, path_below(in.reading().folder));
  if (in.has("policy") && in.has("policy_file")) {
    return in.report("policy_file", "there is either policy or policy_file");
  }
  if (policy_file.empty()) return;
  auto text = read_regular_file(policy_file, kMaxPolicyOctets);
  if (text) {
    policy = *std::move(text);
  } else {
    in.report("policy_file", concat(policy_file, ' ', text.error()));
  }
}

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

void read_topology(TableReader& root, topology::Topology& topology) {
  Owner owner;
  owner.has_region = root.has("region");
  owner.has_account_id = root.has("account_id");
  root.read("region", Need::Optional, owner.region, parse_text);
  root.read("account_id", Need::Optional, owner.account_id, parse_text);
  read_networks(root, owner, topology);
  read_endpoints(root, topology);
  read_functions(root, owner, topology);
  read_rest_apis(root, owner, topology);
  read_hosted_zones(root, topology);
  read_resolver_rules(root, topology);
  read_firewalls(root, topology);
}

}  // namespace inlet53::config
