// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"
#include "inlet53/record/query_record.h"
#include "inlet53/topology/topology.h"
#include "inlet53/zone/name_key.h"

namespace inlet53::resolver {

/// One IP address of an outbound endpoint.
struct OutboundAddress {
  IpAddress address;                    // in the VPC: what the query log has
  std::optional<IpAddress> send_from;   // this machine's; absent: the kernel's choice
  record::EndpointFragments fragments;  // of its records
};

/// A FORWARD rule as the state has it.
struct ForwardRule {
  std::string id;  // rslvr-rr-…
  /// Names the domain, targets and source addresses together, for the cache: a later state has the
  /// same number for a rule that has them too, and no other rule ever has it.
  uint32_t scope = 0;
  dns::Name apex;  // the rule's domain, in lower case
  std::vector<topology::TargetAddress> targets;
  std::vector<IpAddress> sources;         // of its outbound endpoint; empty: the kernel's choice
  std::vector<OutboundAddress> outbound;  // that endpoint's, the enabled ones; at least one

  /// Returns the outbound endpoint address that records name for a query sent from `local`, an
  /// address of this machine. Where several fit (no `send_from`), the port of `local` selects one.
  [[nodiscard]] const OutboundAddress& left_by(const SocketAddress& local) const noexcept;

  /// Returns whether queries forwarded by one may be answered with what the other got.
  [[nodiscard]] bool asks_the_same_as(const ForwardRule& other) const noexcept {
    return apex.view().equals(other.apex.view()) && targets == other.targets &&
           sources == other.sources;
  }
};

/// The resolver rules of one VPC: which of them covers a name.
/// Threads: const methods any. Cost of `find`: a name's suffixes are looked at from the longest to
/// the shortest, but only those as long as some rule's domain are compared; no allocation.
/// Source: Route 53 Developer Guide, "How Resolver evaluates rules": the most specific one counts.
class RuleIndex {
 public:
  static constexpr uint32_t kSystem = UINT32_MAX;

  struct Entry {
    dns::Name apex;              // in lower case
    uint32_t forward = kSystem;  // index in ResolverState::forward_rules; kSystem: a SYSTEM rule
    uint32_t scope = 0;          // of that rule
  };
  struct Match {
    uint32_t forward = kSystem;  // kSystem: no rule forwards the name
    uint32_t scope = 0;          // of the rule
    size_t label = 0;            // of the name, where the rule's domain begins
  };

  /// Requires: no domain twice.
  explicit RuleIndex(std::vector<Entry> entries);

  [[nodiscard]] Match find(const zone::NameKey& key) const noexcept;

 private:
  std::vector<Entry> entries_;               // by size of their domains, then by octets
  std::bitset<dns::kMaxName + 1> has_size_;  // some domain is so long
};

}  // namespace inlet53::resolver
