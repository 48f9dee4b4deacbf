#pragma once

#include <cstddef>
#include <cstdint>

#include "keep_plan.h"

#include "inlet53/cache/cache.h"

/// How a response lies in the cache: EntryHead, a RRsetPart for each answer RRset and then for the
/// authority's, the key's name, the extended error's text, and for each part its owner (unless that
/// is the key's name), records and text. An entry has no pointers, so that it can be moved as it
/// stands.
namespace inlet53::cache {

/// Entries begin at multiples of this, and places count in it.
inline constexpr size_t kUnit = 8;

struct EntryHead {
  uint32_t octets;  // from this entry to the next, a multiple of kUnit
  bool live;        // the table leads to it
  uint8_t visits;   // since it last moved, up to kMaxVisits
  uint16_t asked;   // since it was kept, up to kPrefetchAfter; 0 where prefetching is off
  uint64_t hash;    // of the key's name
  uint64_t kept_at_ms;
  uint32_t lifetime_ms;
  uint32_t refresh_at_ms;  // the age from which a refresh may be asked for
  uint32_t scope;
  uint16_t qtype;
  uint16_t rcode;
  uint16_t ede;  // kNoEde: none
  uint8_t name_octets;
  uint8_t ede_octets;  // of the text of `ede`
  uint8_t answer_count;
  bool has_authority;
  bool all_types;  // NXDOMAIN: `qtype` does not count
};

inline constexpr uint8_t kMaxVisits = 3;
inline constexpr uint16_t kNoEde = 0xFFFF;

struct RRsetPart {
  uint16_t type;
  uint16_t count;
  uint32_t at;  // of the owner, from the entry's start; the records follow it, then the text
  uint32_t wire_octets;
  uint32_t text_octets;
  uint32_t owner_octets;  // 0: the key's name
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
/// The key's name.
[[nodiscard]] inline dns::NameView entry_name(const uint8_t* entry) noexcept {
  const EntryHead& head = entry_head(entry);
  return dns::NameView::from_checked(
      entry + sizeof(EntryHead) + part_count(head) * sizeof(RRsetPart), head.name_octets);
}

/// The text of the extended error.
[[nodiscard]] inline std::string_view entry_ede_text(const uint8_t* entry) noexcept {
  const dns::NameView name = entry_name(entry);
  return as_text({name.data() + name.size(), entry_head(entry).ede_octets});
}

[[nodiscard]] inline uint64_t age_ms(const EntryHead& head, uint64_t now_ms) noexcept {
  return now_ms > head.kept_at_ms ? now_ms - head.kept_at_ms : 0;
}

/// The octets that an entry takes.
[[nodiscard]] size_t entry_octets(const CacheKey& key, const ReceivedResponse& response) noexcept;

/// Writes an entry, live and never asked for, of `octets` at least as many as entry_octets says.
void write_entry(uint8_t* entry, size_t octets, const CacheKey& key,
                 const ReceivedResponse& response, const KeepPlan& plan,
                 const settings::Cache& settings, uint64_t now_ms) noexcept;

}  // namespace inlet53::cache
