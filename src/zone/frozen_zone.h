#pragma once

#include <cstdint>
#include <cstring>

#include "arena.h"

#include "inlet53/dns/name.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/zone/name_key.h"

/// How a frozen zone lies in memory. Everything is in units of 4 octets, in the machine's byte
/// order but for names and records, which are wire form:
///
///   node    NodeHead | place of the wildcard child, if kHasWildcard | name without apex | RRsets
///   RRset   RRsetHead | records | if kHasJson: octets of JSON, [start of each element], JSON
///
/// The slots, one open-addressed hash of all names but the apex, follow the nodes.
/// Names end before the apex: a key is known to be below it, and all nodes would repeat it.
/// The RRsets of a node stand in the order that ANY prefers: CNAME, A, AAAA, the others by number,
/// what only DNSSEC needs last. A rotating RRset of n records is stored as 2n-1, and its JSON
/// alike, so that every rotation is one piece; its JSON has the start of each of the n elements
/// before it.
namespace inlet53::zone {

inline constexpr size_t kUnit = 4;

/// What a node says about its name.
enum NodeFlag : uint8_t {
  kHasWildcard = 1,  // `*` below it exists
  kHasCname = 2,     // its first RRset is a CNAME
  kHasNs = 4,        // a zone cut, unless it is the apex
  kBelowNs = 8,
  kHasDname = 16,
  kBelowDname = 32,
  kUncovered = 64,  // of a partial zone, without data of its own
};

struct NodeHead {
  uint8_t name_octets;
  uint8_t flags;  // of NodeFlag
  uint16_t rrset_count;
};

/// In the low bits of RRsetHead::span, which is in whole units.
enum RRsetFlag : uint32_t { kRotates = 1, kHasJson = 2 };

struct RRsetHead {
  uint16_t type;
  uint16_t count;        // once, when they are stored doubled
  uint32_t wire_octets;  // of `count` records
  uint32_t span;         // octets from this RRset to the next, plus RRsetFlag
};

/// Where a name's node is. Empty when `place` is 0, which is no node's.
struct Slot {
  uint32_t tag;    // the hash's low half
  uint32_t place;  // in units from the start of the arena
};

/// Reads a plain value from the arena.
template <class T>
[[nodiscard]] inline T load(const uint8_t* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// A zone as lookups read it. Names are hashed by their labels below the apex. The apex is in no
/// slot: its place is known.
struct FrozenZone {
  dns::Name apex;
  size_t apex_labels = 0;
  size_t apex_octets = 0;  // of its name
  size_t max_depth = 0;    // labels below the apex, of the deepest name
  uint32_t apex_place = 0;
  uint32_t negative_soa_place = 0;  // an RRset; 0: the zone has no SOA
  bool partial = false;
  size_t name_count = 0;
  size_t record_count = 0;
  Arena arena;
  size_t slots_offset = 0;  // in the arena, behind all nodes
  size_t slot_count = 0;    // one of them is empty at least

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

/// Octets of each record of an RRset that is stored doubled: one of addresses.
[[nodiscard]] constexpr uint32_t rotating_record_octets(uint16_t type) noexcept {
  constexpr uint32_t kIpv4 = 4;
  constexpr uint32_t kIpv6 = 16;
  return dns::PreparedRecord::kHead +
         (type == static_cast<uint16_t>(dns::RRType::A) ? kIpv4 : kIpv6);
}

/// The slot that a name's probing starts from: the hash's high half scaled to `slot_count`, which
/// therefore need be no power of two.
[[nodiscard]] inline size_t home_slot(uint64_t hash, size_t slot_count) noexcept {
  return ((hash >> 32) * slot_count) >> 32;
}

/// Whether the first of some labels is the asterisk label (RFC 4592 §2.1.1).
[[nodiscard]] inline bool is_wildcard(Bytes labels) noexcept {
  return labels.size() >= 2 && labels[0] == 1 && labels[1] == '*';
}

[[nodiscard]] inline uint32_t slot_tag(uint64_t hash) noexcept {
  return static_cast<uint32_t>(hash);
}

}  // namespace inlet53::zone
