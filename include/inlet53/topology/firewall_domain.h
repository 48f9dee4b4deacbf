// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::topology {

/// Which names a domain of a DNS Firewall list stands for. AWS's pages say only that a domain may
/// begin with `*`; what is read from that is ours.
enum class DomainMatch : uint8_t {
  Exact,   // `example.com`: this name alone
  Below,   // `*.example.com`: every name below it, at any depth, but not itself
  Ending,  // `*example.com`: every name whose text ends so, `my-example.com` and itself too
  All,     // `*`
};

/// A domain of a list, taken apart.
struct FirewallDomain {
  DomainMatch match = DomainMatch::Exact;
  /// What stands after `*` or `*.`, in any letter case, without a dot at its end; empty for All.
  std::string_view name;
};

/// Takes `text`, a domain as it stands in a list, apart: 1 to 255 octets, `*` or labels of letters,
/// digits and `-`, the first of them perhaps behind `*` or `*.`; with or without a dot at the end.
/// Errors: what is wrong with it, with the text in quotes (at most its first 80 octets).
/// Lifetime: `text`'s. Threads: any. Cost: linear; allocates only for an error.
/// Source: Route 53 API Reference, UpdateFirewallDomains; RFC 1035 §2.3.4.
[[nodiscard]] Result<FirewallDomain, std::string> parse_firewall_domain(std::string_view text);

}  // namespace inlet53::topology
