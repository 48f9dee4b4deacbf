// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// The names of a zone while it is frozen: the owners of its records, and the empty non-terminals
/// between them and the apex. Name 0 is the apex; a name stands after its parent.
/// Lifetime: borrows the data. Threads: one.
/// Cost: linear in the records; 32 octets a name and 4 a record, besides an index of 4-8 a name.
class ZoneNames {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Name {
    uint64_t hash;          // of its labels below the apex
    uint32_t spelled_by;    // a record whose owner ends in this name, after `skipped` octets
    uint32_t first_record;  // the first that it owns, or kNone
    uint32_t parent;
    uint32_t place;  // for whoever lays the names out
    uint8_t skipped;
    uint8_t flags;  // of NodeFlag: what its own records and its children say
    uint8_t depth;  // labels below the apex
  };

  /// Requires: fewer than 2^32 - 1 records and names, all owners at or below the apex.
  ZoneNames(const ZoneData& data, HashSeed seed);

  [[nodiscard]] size_t size() const noexcept { return names_.size(); }
  [[nodiscard]] Name& operator[](size_t index) noexcept { return names_[index]; }
  /// The record of the same owner that was added after `record`, or kNone.
  [[nodiscard]] uint32_t next_record(uint32_t record) const noexcept { return next_[record]; }
  /// The octets of a name that stand before the apex. Lifetime: the data's.
  [[nodiscard]] Bytes below_apex(const Name& name) const noexcept;
  /// Labels below the apex of the deepest name.
  [[nodiscard]] size_t max_depth() const noexcept { return max_depth_; }

 private:
  uint32_t find_or_add(dns::NameView owner, uint32_t record);
  [[nodiscard]] uint32_t find(uint64_t hash, Bytes below_apex) const noexcept;
  uint32_t append(Name name);
  void index(uint32_t name) noexcept;
  void grow_index();

  const ZoneData& data_;
  HashSeed seed_;
  size_t max_depth_ = 0;
  std::vector<Name> names_;
  std::vector<uint32_t> next_;   // by record
  std::vector<uint32_t> index_;  // open addressing, a power of two; kNone: empty
};

}  // namespace inlet53::zone
