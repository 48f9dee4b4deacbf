// SPDX-License-Identifier: Apache-2.0
#include "rrset_sizes.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

/// Size in bytes of the header and of the question's type and class.
constexpr size_t kAroundQuestion = dns::kHeaderSize + 4;

/// Returns the minimum size in bytes of a record: its owner is a pointer, and names in the RDATA of
/// types of RFC 1035 may be pointers, too.
size_t record_octets(uint16_t type, size_t rdata_octets) noexcept {
  constexpr size_t kPointer = 2;
  constexpr size_t kFixed = 10;  // type, class, ttl, rdlength
  constexpr uint16_t kLastWithPointers = static_cast<uint16_t>(dns::RRType::RT);
  const bool is_text = type == static_cast<uint16_t>(dns::RRType::TXT) ||
                       type == static_cast<uint16_t>(dns::RRType::HINFO);
  const bool may_compress =
      type != static_cast<uint16_t>(dns::RRType::A) && !is_text && type <= kLastWithPointers;
  return kPointer + kFixed + (may_compress ? std::min(kPointer, rdata_octets) : rdata_octets);
}

}  // namespace

size_t RRsetSizes::group_of(dns::NameView owner, uint16_t type) noexcept {
  const size_t hash = std::hash<std::string_view>{}(as_text(owner.bytes()));
  return (hash ^ (hash >> 16) ^ type * size_t{40503}) % kGroups;
}

bool RRsetSizes::add(dns::NameView owner, uint16_t type, size_t rdata_octets) {
  dns::Name folded(owner);
  folded.fold();
  uint32_t& octets = octets_[group_of(folded.view(), type)];
  const size_t limit = dns::kMaxMessage - kAroundQuestion - owner.size();
  const bool fitted = octets <= limit;
  const size_t sum = octets + record_octets(type, rdata_octets);
  octets = static_cast<uint32_t>(std::min<size_t>(sum, std::numeric_limits<uint32_t>::max()));
  return fitted && octets > limit;
}

std::vector<OversizeRRset> RRsetSizes::find_oversize(const ZoneData& data) const {
  using Key = std::pair<std::string_view, uint16_t>;
  std::map<Key, std::vector<size_t>> suspects;
  for (size_t i = 0; i < data.size(); ++i) {
    const ZoneData::Record record = data.record(i);
    const size_t group = octets_[group_of(record.owner, record.type)];
    if (group + kAroundQuestion + record.owner.size() <= dns::kMaxMessage) continue;
    suspects[{as_text(record.owner.bytes()), record.type}].push_back(i);
  }
  std::vector<OversizeRRset> oversize;
  for (auto& [key, records] : suspects) {
    const size_t last = records.back();
    const auto rdata = [&data](size_t i) { return as_text(data.record(i).rdata); };
    std::ranges::sort(records, {}, rdata);
    const auto repeated = std::ranges::unique(records, {}, rdata);
    records.erase(repeated.begin(), repeated.end());
    const dns::NameView owner = data.record(records.front()).owner;
    uint64_t octets = kAroundQuestion + owner.size();
    for (const size_t i : records) octets += record_octets(key.second, rdata(i).size());
    if (octets <= dns::kMaxMessage) continue;
    oversize.push_back({owner.to_text(), key.second, octets, last});
  }
  std::ranges::sort(oversize, {}, &OversizeRRset::last_record);
  return oversize;
}

}  // namespace inlet53::zone
