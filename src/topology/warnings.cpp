#include "inlet53/topology/warnings.h"

#include <string>

#include "inlet53/base/partition.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/allowed_sources.h"
#include "inlet53/topology/rule_targets.h"
#include "inlet53/topology/service_names.h"

namespace inlet53::topology {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += concat(out.empty() ? "" : ", ", word);
  return out;
}

/// The names of a service that the table does not have are a guess, unless they are given.
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

/// The addresses that queries come from when `endpoint` sends them to `reached` on this machine.
std::vector<IpAddress> senders(const ResolverEndpoint& endpoint, const IpAddress& reached) {
  std::vector<IpAddress> addresses;
  for (const ResolverEndpointIp& ip : endpoint.ip_addresses) {
    if (ip.enabled && ip.send_from && ip.send_from->family() == reached.family()) {
      addresses.push_back(*ip.send_from);
    }
  }
  if (!addresses.empty()) return addresses;
  // The kernel takes 127.0.0.1 for 127.0.0.0/8, and for another address of its own the same one.
  const IpAddress loopback = *IpAddress::parse("127.0.0.1");
  const bool to_loopback = reached.is_v4() && reached.bytes()[0] == loopback.bytes()[0];
  return {to_loopback ? loopback : reached};
}

/// A target that is an endpoint here answers only whom its security groups let in.
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
