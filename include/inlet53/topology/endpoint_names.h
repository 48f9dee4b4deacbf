// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/topology/topology.h"

/// Names of endpoints: the DNS names of interface endpoints, which follow from the name of the
/// service, and the names for the certificates of both daemons.
namespace inlet53::topology {

/// Bytes that a name of an endpoint needs in addition to its `endpoint_domains`:
/// `vpce-ID-SUFFIX-AZ.`.
inline constexpr size_t kEndpointLabelRoom = 64;

/// DNS names of an endpoint, in lower case, without the final dot.
struct EndpointDnsNames {
  /// Private DNS names. `*.x` stands for x and for every name below it.
  std::vector<std::string> private_names;
  /// Domains of the endpoint's own names, `vpce-ID-SUFFIX[-AZ].DOMAIN`.
  std::vector<std::string> endpoint_domains;
};

/// Returns the DNS names of `endpoint`, whose VPC is in `region`: the names that it configures,
/// otherwise those in the table of AWS services. For a service that is not in the table, the
/// private name has the labels of the service's name in reverse order: `api.new.REGION.…` for
/// `new.api`; names below it are not private. Services of other accounts
/// (`com.amazonaws.vpce.REGION.vpce-svc-ID`) have no private name by default.
/// Cost: linear in the table; allocates. Source: `src/topology/interface_endpoints.tsv`.
[[nodiscard]] EndpointDnsNames endpoint_dns_names(const VpcEndpoint& endpoint,
                                                  std::string_view region);

/// Returns whether the table of AWS services contains `service_name`.
[[nodiscard]] bool is_listed_service(std::string_view service_name);

/// Returns the domain of the private REST APIs of a region: `execute-api.REGION.amazonaws.com`.
[[nodiscard]] std::string rest_api_domain(std::string_view region);

/// Returns `x` for the private name `*.x`, otherwise the name itself.
[[nodiscard]] std::string_view without_wildcard(std::string_view private_name) noexcept;

/// Kind of a service, derived from its name.
enum class ServiceKind : uint8_t {
  None,          // no name of a service
  Aws,           // com.amazonaws.REGION.SERVICE, or a name in the table
  OtherAccount,  // com.amazonaws.vpce.REGION.vpce-svc-ID
};
[[nodiscard]] ServiceKind service_kind(std::string_view service_name);

/// Returns the region in a service's name: its first label with the form of a region; empty when
/// there is none. Lifetime: `service_name`'s.
[[nodiscard]] std::string_view service_region(std::string_view service_name) noexcept;

/// Returns `ecr.api` for `com.amazonaws.REGION.ecr.api` (in China also `cn.com.amazonaws.…`, and
/// likewise in other partitions); empty when the name has another form. Lifetime: `service_name`'s.
[[nodiscard]] std::string_view service_label(std::string_view service_name);

/// Names for the certificates of the two daemons: DNS names, then IP addresses as texts. Each list
/// is sorted and has no duplicates. It is empty if nothing is served with TLS.
struct CertificateNames {
  /// For encrypted DNS: `ENDPOINT.resolver.REGION.SUFFIX` (a name of inlet53, not of AWS) for each
  /// endpoint with DoT or DoH, and the addresses at which clients query it: those in the VPC and
  /// those of this machine.
  std::vector<std::string> dns;
  /// For the gateway, for each region with an execute-api endpoint: `*.execute-api.REGION.SUFFIX`
  /// for the APIs and `*.execute-api.REGION.vpce.SUFFIX` for the endpoints.
  std::vector<std::string> gateway;
};

/// Returns the names for the certificates. Requires: `topology` is valid.
[[nodiscard]] CertificateNames certificate_names(const Topology& topology);

}  // namespace inlet53::topology
