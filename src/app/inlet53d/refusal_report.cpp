#include "refusal_report.h"

#include <string_view>

#include "inlet53/base/text.h"

namespace inlet53::app {

namespace {

std::string groups_text(const topology::Topology& topology, std::string_view endpoint_id) {
  const topology::ResolverEndpoint* endpoint = topology.find_resolver_endpoint(endpoint_id);
  if (endpoint == nullptr) return {};
  std::string text;
  for (const std::string& id : endpoint->security_groups) {
    const topology::SecurityGroup* group = topology.find_security_group(id);
    if (group != nullptr) text += concat(text.empty() ? "" : ", ", group->name);
  }
  return text;
}

}  // namespace

std::string refusal_report(const topology::Topology& topology,
                           const resolver::EndpointAddress& address,
                           const server::RefusedClient& refused) {
  const std::string client = refused.client.to_text();
  const std::string_view protocol = refused.over_tcp ? "tcp" : "udp";
  return concat("no security group of ", address.endpoint_id, " (",
                groups_text(topology, address.endpoint_id), ") admits ", client, " over ", protocol,
                " at ", address.address.to_text(), "; it gets no answer. A rule that admits it: { ",
                "protocol = \"", protocol, "\", port = ", topology::service_port(address.protocol),
                ", cidr = \"", client, refused.client.is_v4() ? "/32" : "/128", "\" }");
}

}  // namespace inlet53::app
