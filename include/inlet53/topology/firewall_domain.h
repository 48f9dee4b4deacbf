// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::topology {

/// Form of a domain in a DNS Firewall list, which decides the names that it matches. AWS documents
/// only that a domain may begin with `*`; the details are an interpretation of inlet53.
enum class DomainMatch : uint8_t {
  Exact,   // `example.com`: only this name
  Below,   // `*.example.com`: every name below it, at any depth, but not the name itself
  Ending,  // `*example.com`: every name that ends so, including `my-example.com` and itself
  All,     // `*`
};

/// Parsed domain of a list.
struct FirewallDomain {
  DomainMatch match = DomainMatch::Exact;
  /// Text after `*` or `*.`, in any letter case, without the final dot; empty for All.
  std::string_view name;
};

/// Parses a domain of a list: 1 to 255 bytes, `*` or labels of letters, digits and `-`, optionally
/// after `*` or `*.`, with or without the final dot.
/// Errors: the problem, with the text in quotes (at most its first 80 bytes).
/// Lifetime: `text`'s. Threads: any. Cost: linear; allocates only for an error.
/// Source: Route 53 API Reference, UpdateFirewallDomains; RFC 1035 §2.3.4.
[[nodiscard]] Result<FirewallDomain, std::string> parse_firewall_domain(std::string_view text);

}  // namespace inlet53::topology
