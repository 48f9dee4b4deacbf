// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/topology/topology.h"

/// The names that an interface endpoint has in DNS. They follow from its service's name.
namespace inlet53::topology {

/// Room that a name of an endpoint needs beside its `endpoint_domains`: `vpce-ID-SUFFIX-AZ.`.
inline constexpr size_t kEndpointLabelRoom = 64;

/// Names in lower case, without a dot at the end.
struct EndpointDnsNames {
  /// Private DNS names. `*.x` stands for x and for every name below it.
  std::vector<std::string> private_names;
  /// The domains of the endpoint's own names, `vpce-ID-SUFFIX[-AZ].DOMAIN`.
  std::vector<std::string> endpoint_domains;
};

/// Makes the DNS names of `endpoint`, whose VPC is in `region`: those that it brings along, else
/// those of the table of AWS's services. For a service that is not in the table the labels of the
/// service's name are reversed, and no name below the private one is private: `api.new.REGION.…` of
/// `new.api`. The services of other accounts (`com.amazonaws.vpce.REGION.vpce-svc-ID`) have no
/// private name of their own.
/// Cost: linear in the table; allocates. Source: `src/topology/interface_endpoints.tsv`.
[[nodiscard]] EndpointDnsNames endpoint_dns_names(const VpcEndpoint& endpoint,
                                                  std::string_view region);

/// Whether the table of AWS's services has `service_name`.
[[nodiscard]] bool is_listed_service(std::string_view service_name);

/// The domain of the private REST APIs of a region: `execute-api.REGION.amazonaws.com`.
[[nodiscard]] std::string rest_api_domain(std::string_view region);

/// `x` of the private name `*.x`; else the name itself.
[[nodiscard]] std::string_view without_wildcard(std::string_view private_name) noexcept;

/// The kind of a service, which its name shows.
enum class ServiceKind : uint8_t {
  None,          // it is no service's name
  Aws,           // com.amazonaws.REGION.SERVICE, or a name in the table
  OtherAccount,  // com.amazonaws.vpce.REGION.vpce-svc-ID
};
[[nodiscard]] ServiceKind service_kind(std::string_view service_name);

/// The region in a service's name: its first label with the shape of a region, empty when there is
/// none. Lifetime: `service_name`'s.
[[nodiscard]] std::string_view service_region(std::string_view service_name) noexcept;

/// `ecr.api` of `com.amazonaws.REGION.ecr.api` (in China also `cn.com.amazonaws.…`, and likewise in
/// other partitions); empty when the name has another form. Lifetime: `service_name`'s.
[[nodiscard]] std::string_view service_label(std::string_view service_name);

}  // namespace inlet53::topology
