// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "inlet53/dns/name.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/zone/name_key.h"
#include "inlet53/zone/zone_data.h"

namespace inlet53::zone {

/// The result of a lookup in one zone.
enum class Found : uint8_t {
  NotCovered,    // the zone is `partial` and does not have the name: the next zone is consulted
  Answer,        // `rrset` is the answer, owned by the question's name
  Alias,         // `rrset` is a CNAME to follow (RFC 1034 §4.3.2 3a), owned by the question's name
  SubtreeAlias,  // `rrset` is a DNAME (RFC 6672)
  NoData,        // the name exists, the type does not (RFC 2308 §2.2)
  NXDomain,      // the name does not exist (RFC 2308 §2.1)
  Referral,      // the name is below a zone cut: `rrset` is its NS set
};

/// Result of one lookup. Members that `found` does not need may have values of an earlier lookup.
/// Lifetime: the table's. `owner` may point into the key, and `rrset` into this object: do not copy
/// the object while `rrset` is in use.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): made_record, on the path of a query
struct LookupResult {
  Found found = Found::NotCovered;
  /// RRset of the answer, alias or referral. For NoData and NXDomain: the zone's SOA with the TTL
  /// of negative answers (RFC 2308 §5), or `wire.count` 0 if the zone has no SOA.
  record::AnswerRRset rrset;
  dns::NameView owner;  // owner of `rrset`
  /// Memory for a record that AddressNames makes for one lookup; uninitialised.
  std::array<uint8_t, dns::PreparedRecord::kHead + dns::kMaxName> made_record;
};

/// Options of a frozen zone.
struct ZoneTableOptions {
  /// For a name that does not exist, a lookup returns NotCovered instead of NXDomain.
  bool partial = false;
  /// Rotates RRsets of addresses (RFC 1794), as Route 53 does.
  bool rotate = true;
  /// Maximum number of records of a zone for which the JSON text of each RRset (for the query log)
  /// is rendered in advance. For a larger zone it is rendered when a query needs it, so that a zone
  /// of a million names needs little memory.
  size_t render_ahead_limit = 100'000;
};

struct FrozenZone;  // private to the module

/// Slot and hash of one name, which `ZoneTable::prefetch` returns for `prefetch_node`. Lifetime:
/// the table's.
struct PrefetchedSlot {
  const FrozenZone* zone = nullptr;  // null: there is nothing to prefetch
  uint64_t hash = 0;
};

/// Zone in a form for lookups, which never changes.
///
/// Layout: one memory block with a node for each name and, after the nodes, an open-addressed hash
/// table of the names. A node has a name and its RRsets in prepared wire form; an empty
/// non-terminal is a node without RRsets. The hash of a name covers its labels below the apex. A
/// lookup probes the table for the name, and then for each shorter suffix until it finds one, the
/// closest encloser, which refers to its wildcard (RFC 4592 §3.3.1). So a name that exists costs
/// one probe. A name at or below a zone cut or DNAME costs more probes, one for each label.
/// Threads: const methods any. Cost of `find`: no allocation, no lock.
class ZoneTable {
 public:
  /// Makes a table from `data`. `seed`: the same for all tables in which one NameKey is looked up.
  /// An RRset with different TTLs gets the lowest one (RFC 2181 §5.2), and equal records become
  /// one.
  /// Errors: none; the source of `data` has validated it.
  [[nodiscard]] static std::shared_ptr<const ZoneTable> build(const ZoneData& data, HashSeed seed,
                                                              const ZoneTableOptions& options);

  ~ZoneTable();
  ZoneTable(const ZoneTable&) = delete;
  ZoneTable& operator=(const ZoneTable&) = delete;

  /// Looks up `qname qtype` in the zone.
  /// `rotation`: any number. It selects the first record of an address RRset: consecutive numbers
  /// select consecutive records.
  /// `refer`: a name at or below a zone cut results in Referral, as at a delegation endpoint.
  /// Otherwise NS records below the apex are ordinary data, as in a private hosted zone.
  /// ANY results in one RRset of the name (RFC 8482 §4.1): its CNAME if it has one.
  /// Requires: `key`'s name is at or below the apex; `key` has this table's seed.
  void find(const NameKey& key, uint16_t qtype, uint16_t rotation, bool refer,
            LookupResult& lookup) const noexcept;

  /// Returns the RRset of `type` whose owner is exactly `name`, for glue; `wire.count` is 0 if
  /// there is none.
  [[nodiscard]] record::AnswerRRset find_exact(const NameKey& key, uint16_t type) const noexcept;

  /// Starts to load the slot of a name into the processor's cache. For several names that will be
  /// looked up soon: call `prefetch` for each, then `prefetch_node` for each result, which loads
  /// the node. Useless for a table that fits into the cache (`is_large` is false).
  /// Requires: as `find`.
  [[nodiscard]] PrefetchedSlot prefetch(const NameKey& key) const noexcept;
  static void prefetch_node(const PrefetchedSlot& slot) noexcept;
  [[nodiscard]] bool is_large() const noexcept;

  [[nodiscard]] dns::NameView apex() const noexcept;
  [[nodiscard]] size_t name_count() const noexcept;  // includes empty non-terminals
  [[nodiscard]] size_t record_count() const noexcept;
  [[nodiscard]] size_t memory_octets() const noexcept;

 private:
  explicit ZoneTable(std::unique_ptr<const FrozenZone> zone);
  std::unique_ptr<const FrozenZone> zone_;
};

}  // namespace inlet53::zone
