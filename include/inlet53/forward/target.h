#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"

namespace inlet53::forward {

/// Source: AWS's TargetAddress has the protocols `Do53`, `DoT` and `DoH`, the last of which
/// forwarding does not speak.
enum class TargetProtocol : uint8_t {
  Do53,  // UDP, and TCP for what does not fit
  DoT,   // DNS over TLS (RFC 7858)
};

/// One target IP of a rule.
struct Target {
  SocketAddress address;
  TargetProtocol protocol = TargetProtocol::Do53;
  /// Of DoT: what the certificate must be for, sent as SNI. Empty: for any name, if only an
  /// authority that we trust has signed it.
  std::string server_name;

  friend bool operator==(const Target&, const Target&) = default;
};

/// The targets of one rule, an immutable value that queries share.
struct TargetGroup {
  /// AWS's limit, too.
  static constexpr size_t kMaxTargets = 6;

  std::string id;  // the rule's
  dns::Name apex;  // the rule's domain in lower case: the bailiwick of what the targets answer
  std::vector<Target> targets;     // 1 to kMaxTargets
  std::vector<IpAddress> sources;  // of the outbound endpoint; empty: the kernel's choice
};

}  // namespace inlet53::forward
