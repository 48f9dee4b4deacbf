// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_data.h"
#include "inlet53/zone/zone_table.h"

/// Memory layout of a frozen zone. The unit is 4 bytes. Values are in the machine's byte order;
/// names and records are in wire form:
///
///   node    NodeHead | place of the wildcard child, if kHasWildcard | name without apex | RRsets
///   RRset   RRsetHead | records | if kHasJson: size of JSON, [start of each element], JSON
///
/// The slots follow the nodes. They are one open-addressed hash of all names except the apex. Names
/// end before the apex: all keys are below it, so nodes need not repeat it. The RRsets of a node
/// are in the order that ANY prefers: CNAME, A, AAAA, the others by number, DNSSEC types last. A
/// rotating RRset of n records is stored as 2n-1 records, and so is its JSON, so that every
/// rotation is contiguous; before its JSON is the start of each of the n elements.
namespace inlet53::zone {

/// Contiguous bytes that grow and then stay fixed. A large arena grows by moving pages (realloc of
/// glibc uses mremap), so that a million records are never in memory twice.
/// Threads: const methods any.
class Arena {
 public:
  [[nodiscard]] const uint8_t* data() const noexcept { return data_.get(); }
  [[nodiscard]] size_t size() const noexcept { return size_; }

  /// Appends a copy of `octets`, which must not point into this arena.
  void append(Bytes octets);
  /// Appends the representation of a plain value.
  template <class T>
  void append_value(const T& value) {
    append({reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  /// Appends zeros up to the next multiple of `unit`.
  void pad(size_t unit) { append_zeros((unit - size_ % unit) % unit); }
  /// Overwrites the bytes at `offset` with a plain value.
  template <class T>
  void overwrite(size_t offset, const T& value) noexcept {
    std::memcpy(data_.get() + offset, &value, sizeof value);
  }
  /// Appends `count` zeros.
  void append_zeros(size_t count);
  /// Ends growth: returns unused memory and requests huge pages where they fit.
  void finish();

 private:
  struct Free {
    void operator()(uint8_t* data) const noexcept { std::free(data); }
  };
  void reserve_more(size_t count);
  void resize_storage(size_t capacity);

  std::unique_ptr<uint8_t, Free> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

inline constexpr size_t kUnit = 4;

/// Flags of a node.
enum NodeFlag : uint8_t {
  kHasWildcard = 1,  // the name `*` below it exists
  kHasCname = 2,     // the first RRset is a CNAME
  kHasNs = 4,        // a zone cut, unless it is the apex
  kBelowNs = 8,
  kHasDname = 16,
  kBelowDname = 32,
  kUncovered = 64,  // in a partial zone, without data of its own
};

struct NodeHead {
  uint8_t name_octets;
  uint8_t flags;  // bits of NodeFlag
  uint16_t rrset_count;
};

/// Low bits of RRsetHead::span. The span has whole units, so that these bits are free.
enum RRsetFlag : uint32_t { kRotates = 1, kHasJson = 2 };

struct RRsetHead {
  uint16_t type;
  uint16_t count;        // without the repeated records of a rotating RRset
  uint32_t wire_octets;  // size of `count` records
  uint32_t span;         // bytes from this RRset to the next, plus RRsetFlag
};

/// The place of a name's node. `place` 0 means that the slot is empty; no node is at place 0.
struct Slot {
  uint32_t tag;    // low half of the hash
  uint32_t place;  // in units from the start of the arena
};

/// Reads a plain value from the arena.
template <class T>
[[nodiscard]] inline T load(const uint8_t* at) noexcept {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): memcpy writes it, on the path of a
  // query
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// A frozen zone as lookups read it. Names are hashed by their labels below the apex. The apex is
/// in no slot, because its place is known.
struct FrozenZone {
  dns::Name apex;
  size_t apex_labels = 0;
  size_t apex_octets = 0;  // size of its name
  size_t max_depth = 0;    // labels below the apex of the deepest name
  uint32_t apex_place = 0;
  uint32_t negative_soa_place = 0;  // place of an RRset; 0: the zone has no SOA
  bool partial = false;
  size_t name_count = 0;
  size_t record_count = 0;
  Arena arena;
  size_t slots_offset = 0;  // in the arena, after all nodes
  size_t slot_count = 0;    // at least one slot is empty

  [[nodiscard]] const uint8_t* at(uint32_t place) const noexcept {
    return arena.data() + size_t{place} * kUnit;
  }
  [[nodiscard]] const uint8_t* slot_at(size_t index) const noexcept {
    return arena.data() + slots_offset + index * sizeof(Slot);
  }
  [[nodiscard]] Slot slot(size_t index) const noexcept { return load<Slot>(slot_at(index)); }
};

[[nodiscard]] constexpr size_t whole_units(size_t octets) noexcept {
  return (octets + kUnit - 1) / kUnit * kUnit;
}

/// Returns the size in bytes of each record of a rotating RRset, which has addresses.
[[nodiscard]] constexpr uint32_t rotating_record_octets(uint16_t type) noexcept {
  constexpr uint32_t kIpv4 = 4;
  constexpr uint32_t kIpv6 = 16;
  return dns::PreparedRecord::kHead +
         (type == static_cast<uint16_t>(dns::RRType::A) ? kIpv4 : kIpv6);
}

/// Returns the first slot to probe for a name: the high half of the hash scaled to `slot_count`,
/// which so need not be a power of two.
[[nodiscard]] inline size_t home_slot(uint64_t hash, size_t slot_count) noexcept {
  return ((hash >> 32) * slot_count) >> 32;
}

/// Returns whether the first label is the asterisk label (RFC 4592 §2.1.1).
[[nodiscard]] inline bool is_wildcard(Bytes labels) noexcept {
  return labels.size() >= 2 && labels[0] == 1 && labels[1] == '*';
}

[[nodiscard]] inline uint32_t slot_tag(uint64_t hash) noexcept {
  return static_cast<uint32_t>(hash);
}

/// Freezes `data` for lookups (see ZoneTable::build).
/// Cost: linear except for RRsets of many records; about 44 bytes of temporary memory for each
/// name.
[[nodiscard]] std::unique_ptr<const FrozenZone> freeze(const ZoneData& data, HashSeed seed,
                                                       const ZoneTableOptions& options);

}  // namespace inlet53::zone
