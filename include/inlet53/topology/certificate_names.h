// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "inlet53/topology/topology.h"

namespace inlet53::topology {

/// What the certificates of the two daemons are for: DNS names, then IP addresses as texts. Each
/// list is sorted and names each once; it is empty where nothing is served with TLS.
struct CertificateNames {
  /// Of encrypted DNS: `ENDPOINT.resolver.REGION.SUFFIX`, which is ours, for each endpoint with DoT
  /// or DoH, and the addresses where it is queried, the VPC's and those of this machine.
  std::vector<std::string> dns;
  /// Of the gateway, for each region with an execute-api endpoint:
  /// `*.execute-api.REGION.SUFFIX`, the APIs' names, and `*.execute-api.REGION.vpce.SUFFIX`, the
  /// endpoints' own.
  std::vector<std::string> gateway;
};

/// Requires: `topology` is valid.
[[nodiscard]] CertificateNames certificate_names(const Topology& topology);

}  // namespace inlet53::topology
