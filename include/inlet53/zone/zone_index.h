// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "inlet53/zone/address_names.h"
#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_table.h"

namespace inlet53::zone {

/// Kind of a zone. Of two zones with the same apex, the one with the lower value wins: a hosted
/// zone comes before endpoint names, and both come before the names that every VPC has.
enum class ZoneKind : uint8_t { HostedZone, EndpointNames, VpcNames };

/// The zones of one resolver endpoint. `find` chooses the zone with the most specific apex.
/// Threads: const methods any. Cost of `find`: no allocation. It visits a name's suffixes from the
/// longest to the shortest, but compares, by binary search, only those that have the size of an
/// apex and a first label as long as the apex's.
class ZoneIndex {
 public:
  struct Entry {
    ZoneKind kind = ZoneKind::HostedZone;
    std::shared_ptr<const ZoneTable> table;
    /// Names of the zone that are made on lookup, in addition to the table; may be null.
    std::shared_ptr<const AddressNames> address_names = nullptr;
  };

  /// Requires: every table was built with `seed`.
  ZoneIndex(std::vector<Entry> entries, HashSeed seed);

  /// Looks the name up in the most specific zone that covers it. After NotCovered it continues with
  /// the next less specific zone. NotCovered when no zone has the name.
  void find(const NameKey& key, uint16_t qtype, uint16_t rotation, bool refer,
            LookupResult& lookup) const noexcept {
    find_below(key.label_count() + 1, key, qtype, rotation, refer, lookup);
  }

  /// Does the same as `find` with the zones whose apex has more labels than the suffix of the key
  /// at label `end`.
  void find_below(size_t end, const NameKey& key, uint16_t qtype, uint16_t rotation, bool refer,
                  LookupResult& lookup) const noexcept;

  /// Returns the zone of the result of `find_below`; null when no zone has the name. For
  /// explanations. Lifetime: the index's.
  [[nodiscard]] const Entry* find_zone(size_t end, const NameKey& key,
                                       uint16_t qtype) const noexcept;

  /// Returns the RRset of `type` at exactly the key's name in its most specific zone.
  [[nodiscard]] record::AnswerRRset find_exact(const NameKey& key, uint16_t type) const noexcept;

  /// Calls ZoneTable::prefetch of the zone that `find` visits first. It is worth its cost when a
  /// zone is large (`has_large_zone`).
  [[nodiscard]] PrefetchedSlot prefetch(const NameKey& key) const noexcept;
  [[nodiscard]] bool has_large_zone() const noexcept { return has_large_zone_; }

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] HashSeed seed() const noexcept { return seed_; }

 private:
  struct Apex {
    dns::NameView name;  // points into a table
    uint32_t first_entry = 0;
    uint32_t end_entry = 0;  // one past the last
  };

  // Returns the apex with exactly this name, or null.
  [[nodiscard]] const Apex* find_apex(dns::NameView name) const noexcept;

  std::vector<Entry> entries_;  // sorted by apex, then by kind
  std::vector<Apex> apexes_;    // sorted by size of the name, then by its bytes
  // By size: the first apex with a name of that size, which is the end of the shorter ones.
  std::array<uint32_t, dns::kMaxName + 2> first_apex_{};
  // By size: one bit for each length of the apexes' first labels. A VPC has hundreds of reverse
  // zones, whose first labels are shorter than most labels.
  std::array<uint64_t, dns::kMaxName + 1> first_labels_{};
  HashSeed seed_;
  bool has_large_zone_ = false;
};

}  // namespace inlet53::zone
