// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// The names of a zone that is being frozen: the owners of its records, and the empty non-terminals
/// between them and the apex. Name 0 is the apex; a name comes after its parent.
/// Lifetime: borrows the data. Threads: one.
/// Cost: linear in the records; 32 bytes for each name, 4 for each record, and an index of 4 to 8
/// for each name.
class ZoneNames {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Name {
    uint64_t hash;          // hash of its labels below the apex
    uint32_t spelled_by;    // a record whose owner ends in this name, after `skipped` bytes
    uint32_t first_record;  // its first record, or kNone
    uint32_t parent;
    uint32_t place;  // in the arena; set by the freezer
    uint8_t skipped;
    uint8_t flags;  // bits of NodeFlag, from its own records and its children
    uint8_t depth;  // labels below the apex
  };

  /// Requires: fewer than 2^32 - 1 records and names, all owners at or below the apex.
  ZoneNames(const ZoneData& data, HashSeed seed);

  [[nodiscard]] size_t size() const noexcept { return names_.size(); }
  [[nodiscard]] Name& operator[](size_t index) noexcept { return names_[index]; }
  /// Returns the next record of the same owner after `record`, or kNone.
  [[nodiscard]] uint32_t next_record(uint32_t record) const noexcept { return next_[record]; }
  /// Returns the bytes of a name before the apex. Lifetime: the data's.
  [[nodiscard]] Bytes below_apex(const Name& name) const noexcept;
  /// Returns the number of labels below the apex of the deepest name.
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
  std::vector<uint32_t> index_;  // open addressing, the size is a power of two; kNone: empty
};

}  // namespace inlet53::zone
