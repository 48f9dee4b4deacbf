// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "inlet53/cache/cache.h"

/// Layout of a response in the cache: EntryHead, one RRsetPart per answer RRset and then one for
/// the authority's, the key's name, the text of the extended error, and for each part its owner
/// (unless it is the key's name), records and text. An entry has no pointers, so that it can be
/// moved.
namespace inlet53::cache {

/// Decision how to store a response.
struct KeepPlan {
  uint32_t lifetime = 0;      // seconds; 0: do not store
  uint32_t negative_ttl = 0;  // of the SOA, seconds; for negative responses
  bool negative = false;      // NXDOMAIN or NODATA, also at the end of a chain
  bool failure = false;       // see is_failure
  bool all_types = false;     // NXDOMAIN of the name itself
};

/// Returns whether an rcode is a failure to resolve: any except NOERROR and NXDOMAIN. Source: RFC
/// 9520 §2.
[[nodiscard]] constexpr bool is_failure(dns::Rcode rcode) noexcept {
  return rcode != dns::Rcode::NoError && rcode != dns::Rcode::NXDomain;
}

/// Decides how to store a response. Failures get `settings.failure_ttl`. Source: RFC 2308 §5
/// (negatives), RFC 9520 §3.2 (failures), RFC 2181 §8 (a TTL's highest bit).
[[nodiscard]] KeepPlan plan_keeping(const ReceivedResponse& response,
                                    const settings::Cache& settings) noexcept;

/// Returns the TTL for all records of an RRset: the lowest one, within the caps.
[[nodiscard]] uint32_t capped_ttl(const dns::RRsetView& rrset,
                                  const settings::Cache& settings) noexcept;

/// Alignment of entries and unit of their places.
inline constexpr size_t kUnit = 8;

struct EntryHead {
  uint32_t octets;  // from this entry to the next, a multiple of kUnit
  bool live;        // a slot of the table refers to it
  uint8_t visits;   // hits since it last moved, up to kMaxVisits
  uint16_t asked;   // hits since it was stored, up to kPrefetchAfter; 0 where prefetching is off
  uint64_t hash;    // of the key's name
  uint64_t kept_at_ms;
  uint32_t lifetime_ms;
  uint32_t refresh_at_ms;  // age from which a refresh is due
  uint32_t scope;
  uint16_t qtype;
  uint16_t rcode;
  uint16_t ede;  // kNoEde: none
  uint8_t name_octets;
  uint8_t ede_octets;  // size of the text of `ede`
  uint8_t answer_count;
  bool has_authority;
  bool all_types;  // NXDOMAIN: `qtype` is ignored
};

inline constexpr uint8_t kMaxVisits = 3;
inline constexpr uint16_t kNoEde = 0xFFFF;

struct RRsetPart {
  uint16_t type;
  uint16_t count;
  uint32_t at;  // of the owner, from the entry's start; the records follow it, then the text
  uint32_t wire_octets;
  uint32_t text_octets;
  uint32_t owner_octets;  // 0: the owner is the key's name
};

[[nodiscard]] inline EntryHead& entry_head(uint8_t* entry) noexcept {
  return *reinterpret_cast<EntryHead*>(entry);
}
[[nodiscard]] inline const EntryHead& entry_head(const uint8_t* entry) noexcept {
  return *reinterpret_cast<const EntryHead*>(entry);
}
[[nodiscard]] inline const RRsetPart& entry_part(const uint8_t* entry, size_t index) noexcept {
  return reinterpret_cast<const RRsetPart*>(entry + sizeof(EntryHead))[index];
}
[[nodiscard]] inline size_t part_count(const EntryHead& head) noexcept {
  return size_t{head.answer_count} + (head.has_authority ? 1 : 0);
}
/// Returns the key's name.
[[nodiscard]] inline dns::NameView entry_name(const uint8_t* entry) noexcept {
  const EntryHead& head = entry_head(entry);
  return dns::NameView::from_checked(
      entry + sizeof(EntryHead) + part_count(head) * sizeof(RRsetPart), head.name_octets);
}

/// Returns the text of the extended error.
[[nodiscard]] inline std::string_view entry_ede_text(const uint8_t* entry) noexcept {
  const dns::NameView name = entry_name(entry);
  return as_text({name.data() + name.size(), entry_head(entry).ede_octets});
}

[[nodiscard]] inline uint64_t age_ms(const EntryHead& head, uint64_t now_ms) noexcept {
  return now_ms > head.kept_at_ms ? now_ms - head.kept_at_ms : 0;
}

/// Returns the size of an entry in bytes.
[[nodiscard]] size_t entry_octets(const CacheKey& key, const ReceivedResponse& response) noexcept;

/// Writes a live entry without hits in `octets` bytes. Requires: `octets` is at least the result of
/// entry_octets.
void write_entry(uint8_t* entry, size_t octets, const CacheKey& key,
                 const ReceivedResponse& response, const KeepPlan& plan,
                 const settings::Cache& settings, uint64_t now_ms) noexcept;

}  // namespace inlet53::cache
