// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/validate.h"

#include <map>
#include <set>
#include <string>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/aws_names.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/endpoint_access.h"
#include "inlet53/topology/endpoint_names.h"

namespace inlet53::topology {

namespace {

/// Returns `"a", "b" and "c"`; for more than five names, the first four and the number of the
/// others.
std::string enumerate(const std::vector<std::string_view>& names) {
  const size_t shown = names.size() > 5 ? 4 : names.size();
  std::string out;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += concat('"', names[i], '"');
  }
  return shown < names.size() ? concat(out, " and ", names.size() - shown, " more") : out;
}

/// Path of the first occurrence of each id of one kind.
using Seen = std::map<std::string_view, KeyPath>;

void check_unique(Validation& validation, Seen& seen, const KeyPath& path, std::string_view id) {
  const auto [first, fresh] = seen.emplace(id, path);
  if (!fresh) {
    validation.add(path, concat('"', id, "\" is the id of ", to_text(first->second), " already"));
  }
}

void check_id(Validation& validation, Seen& seen, const KeyPath& object, std::string_view id,
              const IdShape& shape) {
  const KeyPath path = below(object, "id");
  if (has_shape(id, shape)) return check_unique(validation, seen, path, id);
  validation.add(path, concat('"', id, "\" is no id of this kind; it is ", describe(shape)));
}

template <class Object>
void check_names(Validation& validation, const char* key, const std::vector<Object>& objects) {
  std::set<std::string_view> names;
  for (const Object& object : objects) {
    if (!names.insert(object.name).second) {
      validation.add({key, object.name}, "another object of this kind has the same name");
    }
  }
}

template <class Object>
void check_kind(Validation& validation, const char* key, const std::vector<Object>& objects,
                const IdShape& shape) {
  check_names(validation, key, objects);
  Seen seen;
  for (const Object& object : objects) {
    check_id(validation, seen, {key, object.name}, object.id, shape);
  }
}

void check_interface_ids(Validation& validation) {
  Seen resolver_interfaces;
  for (const ResolverEndpoint& endpoint : validation.topology().resolver_endpoints) {
    for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
      check_id(validation, resolver_interfaces,
               {"resolver_endpoint", endpoint.name, "ip_address", i}, endpoint.ip_addresses[i].id,
               id_shape::kResolverNetworkInterface);
    }
  }
  Seen interfaces;
  for (const VpcEndpoint& endpoint : validation.topology().vpc_endpoints) {
    for (size_t i = 0; i < endpoint.network_interfaces.size(); ++i) {
      check_id(validation, interfaces, {"vpc_endpoint", endpoint.name, "network_interface", i},
               endpoint.network_interfaces[i].id, id_shape::kNetworkInterface);
    }
  }
}

void check_association_ids(Validation& validation) {
  Seen seen;
  for (const Vpc& vpc : validation.topology().vpcs) {
    for (size_t i = 0; i < vpc.firewall_rule_groups.size(); ++i) {
      check_id(validation, seen, {"vpc", vpc.name, "firewall_rule_group", i},
               vpc.firewall_rule_groups[i].id, id_shape::kFirewallRuleGroupAssociation);
    }
  }
}

void check_hosted_zone_ids(Validation& validation) {
  check_names(validation, "hosted_zone", validation.topology().hosted_zones);
  Seen seen;
  for (const HostedZone& zone : validation.topology().hosted_zones) {
    const KeyPath path{"hosted_zone", zone.name, "id"};
    if (is_hosted_zone_id(zone.id)) {
      check_unique(validation, seen, path, zone.id);
    } else {
      validation.add(
          path, concat('"', zone.id, "\" is no id of this kind; it is Z and 1 to 31 of A-Z0-9"));
    }
  }
}

void check_resolver_endpoint_ids(Validation& validation) {
  check_names(validation, "resolver_endpoint", validation.topology().resolver_endpoints);
  Seen seen;
  for (const ResolverEndpoint& endpoint : validation.topology().resolver_endpoints) {
    check_id(validation, seen, {"resolver_endpoint", endpoint.name}, endpoint.id,
             endpoint.direction == Direction::Outbound ? id_shape::kOutboundEndpoint
                                                       : id_shape::kInboundEndpoint);
  }
}

bool is_bare_key(std::string_view key) noexcept {
  return !key.empty() && key.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_-") == std::string_view::npos;
}

/// Warns when names are guessed because the table does not have the service.
void warn_of_service(const Topology& topology, const VpcEndpoint& endpoint,
                     std::vector<Problem>& problems) {
  if (service_kind(endpoint.service_name) != ServiceKind::Aws) return;
  if (is_listed_service(endpoint.service_name)) return;
  const Vpc* vpc = topology.find_vpc(endpoint.vpc);
  const bool has_private_dns = endpoint.private_dns == PrivateDns::Enabled;
  const bool given = !endpoint.base_endpoint_dns_names.empty() &&
                     (!has_private_dns || !endpoint.private_dns_names.empty());
  if (vpc == nullptr || given) return;
  const EndpointDnsNames names = endpoint_dns_names(endpoint, vpc->region);
  std::string message =
      "this service is not in the list of AWS's services, so its DNS names follow "
      "from its name: ";
  if (has_private_dns) message += concat(joined(names.private_names), ", ");
  message += concat("vpce-….", joined(names.endpoint_domains),
                    "; private_dns_names and base_endpoint_dns_names set others");
  problems.push_back({{"vpc_endpoint", endpoint.name, "service_name"}, std::move(message)});
}

void warn_of_region(const char* kind, const std::string& name, std::string_view region,
                    std::vector<Problem>& problems) {
  if (is_aws_region(region)) return;
  const std::string_view nearest = nearest_aws_region(region);
  std::string message = concat("AWS has no region \"", region, '"');
  if (!nearest.empty()) message += concat("; did you mean \"", nearest, "\"?");
  problems.push_back({{kind, name, "region"}, std::move(message)});
}

/// Returns the source addresses of queries that `endpoint` sends to `reached` on this machine.
std::vector<IpAddress> senders(const ResolverEndpoint& endpoint, const IpAddress& reached) {
  std::vector<IpAddress> addresses;
  for (const ResolverEndpointIp& ip : endpoint.ip_addresses) {
    if (ip.enabled && ip.send_from && ip.send_from->family() == reached.family()) {
      addresses.push_back(*ip.send_from);
    }
  }
  if (!addresses.empty()) return addresses;
  // The kernel uses 127.0.0.1 as the source for 127.0.0.0/8, and a local address for itself.
  const IpAddress loopback = *IpAddress::parse("127.0.0.1");
  const bool to_loopback = reached.is_v4() && reached.bytes()[0] == loopback.bytes()[0];
  return {to_loopback ? loopback : reached};
}

/// Warns when the security groups of a target that is an endpoint here do not allow the queries.
void warn_of_target(const Topology& topology, const ResolverRule& rule, size_t i,
                    std::vector<Problem>& problems) {
  const TargetAddress& target = rule.target_ips[i];
  const std::vector<EndpointTarget> found = endpoints_of_target(topology, rule, target);
  const ResolverEndpoint* outbound = topology.find_resolver_endpoint(rule.resolver_endpoint);
  if (found.empty() || outbound == nullptr) return;
  const ResolverEndpoint& endpoint = *found.front().endpoint;
  const EndpointProtocol protocol = endpoint_protocol(target.protocol);
  const CidrSet sources =
      allowed_sources(topology, endpoint.security_groups,
                      protocol == EndpointProtocol::Do53 ? IpProtocol::Udp : IpProtocol::Tcp,
                      service_port(protocol));
  for (const IpAddress& sender :
       senders(*outbound, reached_address(topology, rule, target).address)) {
    if (sources.contains(sender)) continue;
    problems.push_back(
        {{"resolver_rule", rule.name, "target_ips", i, "address"},
         concat("the security groups of resolver endpoint \"", endpoint.name, "\" do not let in ",
                sender.to_text(), ", from which outbound endpoint \"", outbound->name,
                "\" sends on this machine")});
    return;
  }
}

}  // namespace

void Validation::add(KeyPath path, std::string message) {
  problems_.push_back({std::move(path), std::move(message)});
}

void Validation::add_dangling(const KeyPath& path, std::string_view id, std::string_view kind,
                              const std::vector<std::string_view>& names,
                              const std::vector<std::string_view>& ids) {
  std::vector<std::string_view> candidates = names;
  candidates.insert(candidates.end(), ids.begin(), ids.end());
  const std::string_view nearest = nearest_word(id, candidates);
  std::string hint;
  if (!nearest.empty()) {
    hint = concat("; did you mean \"", nearest, "\"?");
  } else if (names.empty()) {
    hint = concat("; there is no ", kind, " at all");
  } else {
    hint = concat(names.size() == 1 ? "; there is " : "; there are ", enumerate(names));
  }
  add(path, concat("no ", kind, " has the name or id \"", id, '"', hint));
}

void Validation::add_repeated(const KeyPath& path, std::string_view kind) {
  add(path, concat("this ", kind, " is in the list already"));
}

void check_identities(Validation& validation) {
  const Topology& topology = validation.topology();
  check_kind(validation, "vpc", topology.vpcs, id_shape::kVpc);
  check_kind(validation, "subnet", topology.subnets, id_shape::kSubnet);
  check_kind(validation, "prefix_list", topology.prefix_lists, id_shape::kPrefixList);
  check_kind(validation, "security_group", topology.security_groups, id_shape::kSecurityGroup);
  check_resolver_endpoint_ids(validation);
  check_kind(validation, "resolver_rule", topology.resolver_rules, id_shape::kResolverRule);
  check_kind(validation, "vpc_endpoint", topology.vpc_endpoints, id_shape::kVpcEndpoint);
  check_kind(validation, "rest_api", topology.rest_apis, id_shape::kRestApi);
  check_kind(validation, "instance", topology.instances, id_shape::kInstance);
  check_kind(validation, "firewall_domain_list", topology.firewall_domain_lists,
             id_shape::kFirewallDomainList);
  check_kind(validation, "firewall_rule_group", topology.firewall_rule_groups,
             id_shape::kFirewallRuleGroup);
  check_association_ids(validation);
  check_hosted_zone_ids(validation);
  check_interface_ids(validation);
}

std::string to_text(const KeyPath& path) {
  std::string out;
  for (const KeyStep& step : path) {
    if (const auto* index = std::get_if<size_t>(&step)) {
      out += concat('[', *index, ']');
      continue;
    }
    const std::string& key = std::get<std::string>(step);
    if (!out.empty()) out += '.';
    out += is_bare_key(key) ? key : concat('"', key, '"');
  }
  return out;
}

std::vector<Problem> validate(const Topology& topology) {
  Validation validation(topology);
  check_identities(validation);
  check_vpcs(validation);
  check_subnets(validation);
  check_prefix_lists(validation);
  check_security_groups(validation);
  check_resolver_endpoints(validation);
  check_vpc_endpoints(validation);
  check_instances(validation);
  check_collisions(validation);
  check_functions(validation);
  check_rest_apis(validation);
  check_hosted_zones(validation);
  check_resolver_rules(validation);
  check_firewalls(validation);
  return std::move(validation).problems();
}

std::vector<Problem> warnings(const Topology& topology) {
  std::vector<Problem> problems;
  for (const Vpc& vpc : topology.vpcs) warn_of_region("vpc", vpc.name, vpc.region, problems);
  for (const RestApi& api : topology.rest_apis) {
    warn_of_region("rest_api", api.name, api.region, problems);
  }
  for (const Function& function : topology.functions) {
    warn_of_region("function", function.name, function.region, problems);
  }
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    warn_of_service(topology, endpoint, problems);
  }
  for (const ResolverRule& rule : topology.resolver_rules) {
    for (size_t i = 0; i < rule.target_ips.size(); ++i) warn_of_target(topology, rule, i, problems);
  }
  return problems;
}

}  // namespace inlet53::topology
