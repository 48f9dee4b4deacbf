// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"

namespace inlet53::forward {

/// Protocol of a target. AWS's TargetAddress has `Do53`, `DoT` and `DoH`; forwarding does not
/// support `DoH`.
enum class TargetProtocol : uint8_t {
  Do53,  // UDP, and TCP for larger responses
  DoT,   // DNS over TLS (RFC 7858)
};

/// Target address of a rule.
struct Target {
  SocketAddress address;
  TargetProtocol protocol = TargetProtocol::Do53;
  /// DoT: name that the certificate must have, sent as SNI. Empty: any name of a certificate that a
  /// trusted authority signed.
  std::string server_name;

  friend bool operator==(const Target&, const Target&) = default;
};

/// Targets of one rule; an immutable value that queries share.
struct TargetGroup {
  /// Equals AWS's limit.
  static constexpr size_t kMaxTargets = 6;

  std::string id;                  // the rule's
  dns::Name apex;                  // the rule's domain in lower case: the bailiwick of the answers
  std::vector<Target> targets;     // 1 to kMaxTargets
  std::vector<IpAddress> sources;  // of the outbound endpoint; empty: the kernel's choice
};

}  // namespace inlet53::forward
