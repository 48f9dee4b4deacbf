// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "inlet53/topology/topology.h"

namespace inlet53::topology {

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
