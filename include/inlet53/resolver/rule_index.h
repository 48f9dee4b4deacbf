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
  IpAddress address;                    // in the VPC; written to the query log
  std::optional<IpAddress> send_from;   // of this machine; absent: the kernel chooses
  record::EndpointFragments fragments;  // for its records
};

/// A FORWARD rule of the state.
struct ForwardRule {
  std::string id;  // rslvr-rr-…
  /// Identifies domain, targets and source addresses together, for the cache. An equal rule of a
  /// later state has the same number; no other rule ever has it.
  uint32_t scope = 0;
  dns::Name apex;  // the rule's domain, in lower case
  std::vector<topology::TargetAddress> targets;
  std::vector<IpAddress> sources;         // of its outbound endpoint; empty: the kernel chooses
  std::vector<OutboundAddress> outbound;  // enabled addresses of that endpoint; at least one

  /// Returns the outbound endpoint address that records name for a query sent from `local`, an
  /// address of this machine. Where several fit (no `send_from`), the port of `local` selects one.
  [[nodiscard]] const OutboundAddress& outbound_for(const SocketAddress& local) const noexcept;

  /// Returns whether an answer to a query forwarded by one rule is valid for the other rule too.
  [[nodiscard]] bool has_same_targets(const ForwardRule& other) const noexcept {
    return apex.view().equals(other.apex.view()) && targets == other.targets &&
           sources == other.sources;
  }
};

/// The resolver rules of one VPC.
/// Threads: const methods any. Cost of `find`: no allocation. It visits a name's suffixes from the
/// longest to the shortest, but compares only those as long as a rule's domain.
/// Source: Route 53 Developer Guide, "How Resolver evaluates rules": the most specific rule counts.
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
    size_t label = 0;            // label of the name where the rule's domain begins
  };

  /// Requires: all domains are different.
  explicit RuleIndex(std::vector<Entry> entries);

  [[nodiscard]] Match find(const zone::NameKey& key) const noexcept;

 private:
  std::vector<Entry> entries_;               // sorted by size of the domain, then by its bytes
  std::bitset<dns::kMaxName + 1> has_size_;  // by size: a domain of that size exists
};

}  // namespace inlet53::resolver
