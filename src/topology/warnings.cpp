#include "inlet53/topology/warnings.h"

#include <string>

#include "inlet53/base/text.h"
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

}  // namespace

std::vector<Problem> warnings(const Topology& topology) {
  std::vector<Problem> problems;
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    warn_of_service(topology, endpoint, problems);
  }
  return problems;
}

}  // namespace inlet53::topology
