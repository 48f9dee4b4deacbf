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

/// What a zone has to say to a question.
enum class Found : uint8_t {
  NotCovered,    // the zone leaves this name to what covers it next (`partial` zones only)
  Answer,        // `rrset` is the answer, owned by the question's name
  Alias,         // `rrset` is a CNAME to follow (RFC 1034 §4.3.2 3a), owned likewise
  SubtreeAlias,  // `rrset` is a DNAME (RFC 6672)
  NoData,        // the name exists, the type does not (RFC 2308 §2.2)
  NXDomain,      // the name does not exist (RFC 2308 §2.1)
  Referral,      // the name is below a zone cut: `rrset` is its NS set
};

/// One lookup's outcome; what `found` does not call for may be left from the lookup before.
/// Lifetime: the table's; `owner` may point into the key, and `rrset` into the Finding itself,
/// which is therefore not to be copied while `rrset` is in use.
struct Finding {
  Found found = Found::NotCovered;
  /// For NoData and NXDomain the zone's SOA, with the TTL of negative answers; `wire.count` is 0
  /// when the zone has none.
  record::AnswerRRset rrset;
  dns::NameView owner;  // of `rrset`
  /// Room for a record that is made for one lookup (AddressNames); uninitialised.
  std::array<uint8_t, dns::PreparedRecord::kHead + dns::kMaxName> made_record;
};

/// How a zone is frozen.
struct ZoneTableOptions {
  /// Names that the zone does not have are NotCovered instead of NXDomain.
  bool partial = false;
  /// RRsets of addresses are handed out rotated (RFC 1794), as Route 53 does.
  bool rotate = true;
  /// Up to so many records, the query log's JSON of each RRset is rendered ahead; past it, when
  /// needed, to keep a zone of a million names small.
  size_t render_ahead_limit = 100'000;
};

struct FrozenZone;  // the layout, private to the module

/// Where a lookup of some name will read, found out by `ZoneTable::prefetch`. Lifetime: the
/// table's.
struct PrefetchedSlot {
  const FrozenZone* zone = nullptr;  // null: nothing is worth fetching
  uint64_t hash = 0;
};

/// A zone, frozen for lookups.
///
/// Layout: one arena of nodes (name, then its RRsets in prepared wire form) and one open-addressed
/// table of the hashes of their labels below the apex. Empty non-terminals are nodes without
/// RRsets. Wildcards are found from the closest encloser (RFC 4592 §3.3.1): one probe for a name
/// that exists, one a label else. Threads: const methods any. Cost of `find`: no allocation, no
/// lock.
class ZoneTable {
 public:
  /// Freezes `data`. Every table that one NameKey is used with takes the same `seed`.
  /// Errors: never; `data` was checked by its source. TTLs of an RRset that differ become the
  /// lowest (RFC 2181 §5.2); equal records become one.
  [[nodiscard]] static std::shared_ptr<const ZoneTable> build(const ZoneData& data, HashSeed seed,
                                                              const ZoneTableOptions& options);

  ~ZoneTable();
  ZoneTable(const ZoneTable&) = delete;
  ZoneTable& operator=(const ZoneTable&) = delete;

  /// Finds what the zone says to `qname qtype`.
  /// `rotation`: any number; consecutive ones start an address RRset at consecutive records.
  /// `refer`: names at or below a zone cut give Referral (an authoritative endpoint); else the NS
  /// records below the apex are plain data, as in a private hosted zone.
  /// ANY gives one RRset of the name (RFC 8482 §4.1), a CNAME if it has one.
  /// Requires: `key`'s name is at or below the apex; made with this table's seed.
  void find(const NameKey& key, uint16_t qtype, uint16_t rotation, bool refer,
            Finding& finding) const noexcept;

  /// The RRset of `type` at exactly `name`, for glue; `wire.count` is 0 when there is none.
  [[nodiscard]] record::AnswerRRset find_exact(const NameKey& key, uint16_t type) const noexcept;

  /// For names that will be looked up soon, several at a time: starts to fetch the name's slot into
  /// the processor's cache, and `prefetch_node`, called when that has had some time, what the slot
  /// leads to. A table that fits into the cache by itself (`is_large` is false) has nothing to
  /// gain.
  /// Requires: as `find`.
  [[nodiscard]] PrefetchedSlot prefetch(const NameKey& key) const noexcept;
  static void prefetch_node(const PrefetchedSlot& slot) noexcept;
  [[nodiscard]] bool is_large() const noexcept;

  [[nodiscard]] dns::NameView apex() const noexcept;
  [[nodiscard]] size_t name_count() const noexcept;  // with empty non-terminals
  [[nodiscard]] size_t record_count() const noexcept;
  [[nodiscard]] size_t memory_octets() const noexcept;

 private:
  explicit ZoneTable(std::unique_ptr<const FrozenZone> zone);
  std::unique_ptr<const FrozenZone> zone_;
};

}  // namespace inlet53::zone
