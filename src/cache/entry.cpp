// SPDX-License-Identifier: Apache-2.0
#include "entry.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace inlet53::cache {

namespace {

// RFC 1035 §3.3.13: two names (the shortest is the root) and five numbers; MINIMUM is last.
constexpr size_t kMinSoaRdata = 2 + 5 * 4;

// RFC 2181 §5.2: an RRset's lowest TTL counts; §8: one with its highest bit set is 0.
uint32_t lowest_ttl(const dns::RRsetView& rrset) noexcept {
  constexpr uint32_t kHighestBit = uint32_t{1} << 31;
  uint32_t lowest = kHighestBit - 1;
  for (const dns::PreparedRecord record : rrset) {
    const uint32_t ttl = record.ttl();
    lowest = std::min(lowest, ttl < kHighestBit ? ttl : 0);
  }
  return lowest;
}

uint32_t capped(uint32_t ttl, uint32_t min_ttl, uint32_t max_ttl) noexcept {
  return ttl == 0 ? 0 : std::min(std::max(ttl, min_ttl), max_ttl);
}

// RFC 2308 §5: the lower of the SOA's TTL and its MINIMUM field; 0 without an SOA.
uint32_t negative_ttl(const CachedRRset* authority) noexcept {
  constexpr auto kSoa = static_cast<uint16_t>(dns::RRType::SOA);
  if (authority == nullptr || authority->wire.type != kSoa || authority->wire.count == 0) return 0;
  const Bytes rdata = authority->wire.first().rdata();
  if (rdata.size() < kMinSoaRdata) return 0;
  const uint32_t minimum = load_be32(rdata.last(4).data());
  return std::min(lowest_ttl(authority->wire), minimum);
}

size_t whole_units(size_t octets) noexcept { return (octets + kUnit - 1) & ~(kUnit - 1); }

size_t owner_octets(const CacheKey& key, const CachedRRset& rrset) noexcept {
  return rrset.owner.equals(key.name) ? 0 : rrset.owner.size();
}

size_t part_octets(const CacheKey& key, const CachedRRset& rrset) noexcept {
  return sizeof(RRsetPart) + owner_octets(key, rrset) + rrset.wire.records.size() +
         rrset.text.size();
}

// The texts are static and short; a longer one is omitted.
std::string_view ede_text(const ReceivedResponse& response) noexcept {
  if (!response.ede || response.ede->text.size() > UINT8_MAX) return {};
  return response.ede->text;
}

/// Writes the parts after the heads, one after the other.
class PieceWriter {
 public:
  PieceWriter(uint8_t* entry, size_t at) noexcept : entry_(entry), at_(at) {}

  void put(Bytes octets) noexcept {
    if (octets.empty()) return;  // an empty text may have no address
    std::memcpy(entry_ + at_, octets.data(), octets.size());
    at_ += octets.size();
  }
  [[nodiscard]] size_t at() const noexcept { return at_; }
  [[nodiscard]] uint8_t* here() const noexcept { return entry_ + at_; }

 private:
  uint8_t* entry_;
  size_t at_;
};

void write_part(uint8_t* entry, size_t index, const CacheKey& key, const CachedRRset& rrset,
                uint32_t ttl, PieceWriter& pieces) noexcept {
  auto* const part = new (entry + sizeof(EntryHead) + index * sizeof(RRsetPart)) RRsetPart;
  part->type = rrset.wire.type;
  part->count = rrset.wire.count;
  part->at = static_cast<uint32_t>(pieces.at());
  part->wire_octets = static_cast<uint32_t>(rrset.wire.records.size());
  part->text_octets = static_cast<uint32_t>(rrset.text.size());
  part->owner_octets = static_cast<uint32_t>(owner_octets(key, rrset));
  pieces.put(rrset.owner.bytes().first(part->owner_octets));
  uint8_t* const records = pieces.here();
  pieces.put(rrset.wire.records);
  dns::PreparedRecord::set_ttls(records, rrset.wire.count, ttl);
  pieces.put(as_bytes(rrset.text));
}

}  // namespace

uint32_t capped_ttl(const dns::RRsetView& rrset, const settings::Cache& settings) noexcept {
  return capped(lowest_ttl(rrset), settings.min_ttl, settings.max_ttl);
}

KeepPlan plan_keeping(const ReceivedResponse& response, const settings::Cache& settings) noexcept {
  KeepPlan plan;
  if (is_failure(response.rcode)) {
    plan.failure = true;
    plan.lifetime = settings.failure_ttl;
    return plan;
  }
  const bool nxdomain = response.rcode == dns::Rcode::NXDomain;
  plan.negative = nxdomain || response.answers.empty() || response.authority != nullptr;
  // RFC 2308 §2.1: after a CNAME, the last name of the chain does not exist.
  plan.all_types = nxdomain && response.answers.empty();
  uint32_t lifetime = kMaxTtl;
  if (plan.negative) {
    plan.negative_ttl =
        capped(negative_ttl(response.authority), settings.min_ttl, settings.max_negative_ttl);
    lifetime = std::min(lifetime, plan.negative_ttl);
  }
  for (const CachedRRset& rrset : response.answers) {
    lifetime = std::min(lifetime, capped_ttl(rrset.wire, settings));
  }
  plan.lifetime = lifetime;
  return plan;
}

size_t entry_octets(const CacheKey& key, const ReceivedResponse& response) noexcept {
  size_t octets = sizeof(EntryHead) + key.name.size() + ede_text(response).size();
  for (const CachedRRset& rrset : response.answers) octets += part_octets(key, rrset);
  if (response.authority != nullptr) octets += part_octets(key, *response.authority);
  return whole_units(octets);
}

void write_entry(uint8_t* entry, size_t octets, const CacheKey& key,
                 const ReceivedResponse& response, const KeepPlan& plan,
                 const settings::Cache& settings, uint64_t now_ms) noexcept {
  constexpr uint32_t kMilli = 1000;
  auto* const head = new (entry) EntryHead{};
  head->octets = static_cast<uint32_t>(octets);
  head->live = true;
  head->hash = key.hash;
  head->kept_at_ms = now_ms;
  head->lifetime_ms = plan.lifetime * kMilli;
  head->refresh_at_ms = head->lifetime_ms - head->lifetime_ms / 10;
  head->scope = key.scope;
  head->qtype = key.qtype;
  head->rcode = static_cast<uint16_t>(response.rcode);
  head->ede = response.ede ? static_cast<uint16_t>(response.ede->code) : kNoEde;
  head->ede_octets = static_cast<uint8_t>(ede_text(response).size());
  head->name_octets = static_cast<uint8_t>(key.name.size());
  head->answer_count = static_cast<uint8_t>(response.answers.size());
  head->has_authority = response.authority != nullptr;
  head->all_types = plan.all_types;

  PieceWriter pieces(entry, sizeof(EntryHead) + part_count(*head) * sizeof(RRsetPart));
  pieces.put(key.name.bytes());
  pieces.put(as_bytes(ede_text(response)));
  size_t index = 0;
  for (const CachedRRset& rrset : response.answers) {
    write_part(entry, index++, key, rrset, capped_ttl(rrset.wire, settings), pieces);
  }
  if (response.authority != nullptr) {
    write_part(entry, index, key, *response.authority, plan.negative_ttl, pieces);
  }
}

}  // namespace inlet53::cache
