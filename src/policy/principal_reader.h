#pragma once

#include <string>

#include "policy_reading.h"

namespace inlet53::policy {

/// Reads the element Principal or NotPrincipal: `"*"`, or an object of kinds: AWS (accounts, ARNs,
/// unique ids, `*`), Federated, Service, CanonicalUser.
/// Source: IAM User Guide, "AWS JSON policy elements: Principal".
[[nodiscard]] Principals read_principals(PolicyReading& reading, const JsonMember& member,
                                         const std::string& path);

}  // namespace inlet53::policy
