#include <algorithm>

#include "rules.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

/// Source: Route 53 Resolver: two addresses at least (the service), twenty at most (its
/// CloudFormation schema).
constexpr size_t kFewestAddresses = 2;
constexpr size_t kMostAddresses = 20;

void check_address_count(Findings& findings, const ResolverEndpoint& endpoint) {
  const size_t count = endpoint.ip_addresses.size();
  if (count >= kFewestAddresses && count <= kMostAddresses) return;
  findings.add({"resolver_endpoint", endpoint.name, "ip_address"},
               concat("a resolver endpoint has ", kFewestAddresses, " to ", kMostAddresses,
                      " IP addresses (disabled ones count), this one has ", count));
}

/// Source: Route 53 API Reference, CreateResolverEndpoint (Protocols).
void check_protocols(Findings& findings, const KeyPath& path, const ResolverEndpoint& endpoint) {
  const std::vector<EndpointProtocol>& protocols = endpoint.protocols;
  const bool only_do53 = protocols.size() == 1 && protocols.front() == EndpointProtocol::Do53;
  if (protocols.empty()) {
    findings.add(below(path, "protocols"),
                 "an endpoint has at least one protocol; without the key it has Do53");
  } else if (endpoint.direction == Direction::Outbound && !only_do53) {
    findings.add(below(path, "protocols"),
                 "an OUTBOUND endpoint serves nobody; each target of a rule has a `protocol`");
  } else if (endpoint.direction == Direction::InboundDelegation && !only_do53) {
    findings.add(below(path, "protocols"), "an INBOUND_DELEGATION endpoint has Do53 alone");
  }
  for (size_t i = 0; i < protocols.size(); ++i) {
    if (std::find(protocols.begin(), protocols.begin() + static_cast<ptrdiff_t>(i), protocols[i]) ==
        protocols.begin() + static_cast<ptrdiff_t>(i)) {
      continue;
    }
    findings.add(below(path, "protocols", i), concat(to_text(protocols[i]), " is there twice"));
  }
}

/// Where a protocol is served is said of protocols that there are.
void check_listens(Findings& findings, const KeyPath& path, const ResolverEndpoint& endpoint) {
  for (const auto protocol :
       {EndpointProtocol::Do53, EndpointProtocol::DoH, EndpointProtocol::DoT}) {
    const auto& protocols = endpoint.protocols;
    if (std::find(protocols.begin(), protocols.end(), protocol) != protocols.end()) continue;
    for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
      if (!listen_of(endpoint.ip_addresses[i], protocol)) continue;
      findings.add(below(path, "ip_address", i, listen_key(protocol)),
                   concat(to_text(protocol), " is not among the endpoint's `protocols`"));
    }
  }
}

/// An inbound endpoint is served somewhere, an outbound one sends from somewhere.
void check_ends(Findings& findings, const KeyPath& path, const ResolverEndpoint& endpoint) {
  for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
    const ResolverEndpointIp& ip = endpoint.ip_addresses[i];
    if (endpoint.direction == Direction::Outbound && ip.listen) {
      findings.add(below(path, "ip_address", i, "listen"),
                   "an OUTBOUND endpoint serves nobody; `send_from` says which of the machine's "
                   "addresses its queries are sent from");
    }
    if (endpoint.direction != Direction::Outbound && ip.send_from) {
      findings.add(below(path, "ip_address", i, "send_from"),
                   "only an OUTBOUND endpoint sends queries");
    }
  }
}

void check_resolver_endpoint(Findings& findings, const ResolverEndpoint& endpoint) {
  const Topology& topology = findings.topology();
  const KeyPath path{"resolver_endpoint", endpoint.name};
  check_address_count(findings, endpoint);

  std::vector<const Subnet*> subnets;
  for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
    subnets.push_back(findings.reference(below(path, "ip_address", i, "subnet"), topology.subnets,
                                         endpoint.ip_addresses[i].subnet, "subnet"));
  }
  const Vpc* vpc = check_endpoint_vpc(findings, path, endpoint.vpc, subnets);
  for (size_t i = 0; i < subnets.size(); ++i) {
    if (subnets[i] == nullptr) continue;
    if (vpc != nullptr) {
      check_subnet_vpc(findings, below(path, "ip_address", i, "subnet"), *subnets[i], *vpc);
    }
    check_address(findings, below(path, "ip_address", i, "address"),
                  endpoint.ip_addresses[i].address, *subnets[i]);
  }
  check_protocols(findings, path, endpoint);
  check_listens(findings, path, endpoint);
  check_ends(findings, path, endpoint);
  if (endpoint.security_groups.empty()) {
    findings.add(below(path, "security_groups"),
                 endpoint.direction == Direction::Outbound
                     ? "a resolver endpoint has at least one security group"
                     : "a resolver endpoint has at least one security group; without one nobody "
                       "could ask it");
  }
  check_security_group_list(findings, path, vpc, endpoint.security_groups);
}

}  // namespace

std::string listen_key(EndpointProtocol protocol) {
  switch (protocol) {
    case EndpointProtocol::Do53:
      break;
    case EndpointProtocol::DoH:
      return "listen_doh";
    case EndpointProtocol::DoT:
      return "listen_dot";
  }
  return "listen";
}

void check_resolver_endpoints(Findings& findings) {
  for (const ResolverEndpoint& endpoint : findings.topology().resolver_endpoints) {
    check_resolver_endpoint(findings, endpoint);
  }
}

}  // namespace inlet53::topology
