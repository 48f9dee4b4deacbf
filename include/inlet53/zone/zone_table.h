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
  NotCovered,    // lookup continues in the next zone (`partial` zones only)
  Answer,        // `rrset` is the answer, owned by the question's name
  Alias,         // `rrset` is a CNAME to follow (RFC 1034 §4.3.2 3a), owned by the question's name
  SubtreeAlias,  // `rrset` is a DNAME (RFC 6672)
  NoData,        // the name exists, the type does not (RFC 2308 §2.2)
  NXDomain,      // the name does not exist (RFC 2308 §2.1)
  Referral,      // the name is below a zone cut: `rrset` is its NS set
};

/// The result of one lookup; members that `found` does not need may hold values of an earlier
/// lookup. Lifetime: the table's. `owner` may point into the key, and `rrset` into this object: do
/// not copy it while `rrset` is in use.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): made_record, on the path of a query
struct LookupResult {
  Found found = Found::NotCovered;
  /// For NoData and NXDomain: the zone's SOA with the TTL of negative answers; `wire.count` is 0
  /// when the zone has no SOA.
  record::AnswerRRset rrset;
  dns::NameView owner;  // owner of `rrset`
  /// Memory for a record made for one lookup (AddressNames); uninitialised.
  std::array<uint8_t, dns::PreparedRecord::kHead + dns::kMaxName> made_record;
};

/// Options of a frozen zone.
struct ZoneTableOptions {
  /// Names that the zone does not have are NotCovered instead of NXDomain.
  bool partial = false;
  /// Rotates RRsets of addresses (RFC 1794), as Route 53 does.
  bool rotate = true;
  /// Zones with at most this number of records render the query log's JSON of each RRset in
  /// advance. Larger zones render it when needed, so that a zone of a million names stays small.
  size_t render_ahead_limit = 100'000;
};

struct FrozenZone;  // private to the module

/// The place that a lookup of a name reads first, found by `ZoneTable::prefetch`. Lifetime: the
/// table's.
struct PrefetchedSlot {
  const FrozenZone* zone = nullptr;  // null: nothing to fetch
  uint64_t hash = 0;
};

/// A zone, frozen for lookups.
///
/// Layout: one arena of nodes (a name and its RRsets in prepared wire form), and one open-addressed
/// table of the hashes of their labels below the apex. Empty non-terminals are nodes without
/// RRsets. A wildcard is found from the closest encloser (RFC 4592 §3.3.1). A name that exists
/// takes one probe; another takes one probe for each label.
/// Threads: const methods any. Cost of `find`: no allocation, no lock.
class ZoneTable {
 public:
  /// Freezes `data`. All tables that one NameKey is used with have the same `seed`. RRsets with
  /// different TTLs get the lowest one (RFC 2181 §5.2); of equal records one remains.
  /// Errors: none; the source of `data` has validated it.
  [[nodiscard]] static std::shared_ptr<const ZoneTable> build(const ZoneData& data, HashSeed seed,
                                                              const ZoneTableOptions& options);

  ~ZoneTable();
  ZoneTable(const ZoneTable&) = delete;
  ZoneTable& operator=(const ZoneTable&) = delete;

  /// Looks up `qname qtype` in the zone.
  /// `rotation`: any number; consecutive numbers start an address RRset at consecutive records.
  /// `refer`: names at or below a zone cut give Referral (an authoritative endpoint); otherwise NS
  /// records below the apex are ordinary data, as in a private hosted zone.
  /// ANY gives one RRset of the name (RFC 8482 §4.1), a CNAME if it has one.
  /// Requires: `key`'s name is at or below the apex; `key` has this table's seed.
  void find(const NameKey& key, uint16_t qtype, uint16_t rotation, bool refer,
            LookupResult& lookup) const noexcept;

  /// Returns the RRset of `type` at exactly `name`, for glue; `wire.count` is 0 when there is none.
  [[nodiscard]] record::AnswerRRset find_exact(const NameKey& key, uint16_t type) const noexcept;

  /// Starts to fetch a name's slot into the processor's cache, for several names that will be
  /// looked up soon. `prefetch_node`, called some time later, fetches the node of the slot. A table
  /// that fits into the cache (`is_large` is false) gains nothing from it.
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
