// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/topology/firewall_domain.h"
#include "inlet53/zone/name_key.h"

namespace inlet53::resolver {

/// The domains of a DNS Firewall list, frozen: says whether a name is among those they stand for.
///
/// One open-addressed hash of all domains beside their octets. A name is looked for as it is, and
/// by each of its ends that is as deep as some `*.` domain: what a lookup costs depends on the name
/// and on the depths that the list has, not on how many domains there are.
/// Threads: const methods any. Cost of `contains`: no allocation; some 60 instructions a probe.
class DomainSet {
 public:
  class Builder;

  /// Whether some domain of the set stands for the key's name.
  /// Requires: the key was made with the seed that the set was built with.
  [[nodiscard]] bool contains(const zone::NameKey& key) const noexcept;

  /// Domains, each counted once, `*` too.
  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] size_t memory_octets() const noexcept;

 private:
  /// Of an entry, what it is in the list as.
  enum EntryFlag : uint8_t { kExact = 1, kBelow = 2, kEnding = 4 };
  /// Where an entry is: after the slot's tag is found right, its octets are compared.
  struct Slot {
    uint32_t tag = 0;    // the hash's low half
    uint32_t place = 0;  // in octets_; 0: the slot is empty
  };
  /// What `*ple.com` asks of a name: that many labels at its end, of the first so many octets.
  struct EndingShape {
    uint8_t labels;
    uint8_t octets;

    friend bool operator==(const EndingShape&, const EndingShape&) = default;
  };
  using Depths = std::bitset<dns::kMaxLabels + 1>;  // by count of labels

  DomainSet() = default;
  void insert(Bytes octets, EntryFlag flag);
  [[nodiscard]] bool has(Bytes octets, EntryFlag wanted) const noexcept;
  [[nodiscard]] bool has_ending(const zone::NameKey& key) const noexcept;
  [[nodiscard]] size_t home_slot(uint64_t hash) const noexcept;
  /// The slot of these octets; the empty one where they would be, when they are not there.
  [[nodiscard]] size_t find_slot(Bytes octets, uint64_t hash) const noexcept;

  zone::HashSeed seed_ = 0;
  bool all_ = false;
  size_t size_ = 0;
  size_t deepest_below_ = 0;  // labels
  Depths exact_depths_;
  Depths below_depths_;
  std::vector<EndingShape> ending_shapes_;
  std::vector<Slot> slots_;  // one in three of them is empty at least
  /// An octet that is no entry's, then of each entry: flags, size, and the labels in lower case
  /// without the root; of an Ending one without its first length.
  std::vector<uint8_t> octets_;
};

/// Takes domains, in any order and as often as they come, and freezes them.
/// Threads: one. Cost: some 20 octets a domain until `build`, as many again and 12 for the set.
class DomainSet::Builder {
 public:
  /// Takes a domain. Requires: `domain` comes from parse_firewall_domain.
  void add(const topology::FirewallDomain& domain);

  [[nodiscard]] std::shared_ptr<const DomainSet> build(zone::HashSeed seed) const;

 private:
  size_t count_ = 0;
  bool all_ = false;
  std::vector<uint8_t> octets_;  // DomainMatch, size, labels in lower case without the root
};

}  // namespace inlet53::resolver
