// SPDX-License-Identifier: Apache-2.0
#include "zone_names.h"

#include <algorithm>
#include <bit>

#include "frozen_zone.h"

#include "inlet53/base/check.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {

namespace {

constexpr uint32_t kApex = 0;
constexpr size_t kFirstIndex = 16;

uint8_t flag_of(uint16_t type) noexcept {
  switch (dns::RRType{type}) {
    case dns::RRType::CNAME:
      return kHasCname;
    case dns::RRType::NS:
      return kHasNs;
    case dns::RRType::DNAME:
      return kHasDname;
    default:
      return 0;
  }
}

}  // namespace

ZoneNames::ZoneNames(const ZoneData& data, HashSeed seed)
    : data_(data), seed_(seed), next_(data.size(), kNone) {
  INLET53_CHECK(data.size() < kNone);
  names_.reserve(data.size() + 1);
  index_.assign(std::max(kFirstIndex, std::bit_ceil(data.size() + data.size() / 2)), kNone);
  names_.push_back({0, kNone, kNone, kNone, 0, 0, 0, 0});

  // From the last record to the first, so that each name's list is in the order of the data.
  dns::NameView last_owner = data.apex();
  uint32_t name = kApex;
  for (auto record = static_cast<uint32_t>(data.size()); record-- > 0;) {
    const ZoneData::Record added = data.record(record);
    if (as_text(added.owner.bytes()) != as_text(last_owner.bytes())) {
      name = find_or_add(added.owner, record);
      last_owner = added.owner;
    }
    next_[record] = names_[name].first_record;
    names_[name].first_record = record;
    names_[name].flags |= flag_of(added.type);
  }
}

Bytes ZoneNames::below_apex(const Name& name) const noexcept {
  if (name.spelled_by == kNone) return {};
  const Bytes owner = data_.record(name.spelled_by).owner.bytes();
  return owner.subspan(name.skipped, owner.size() - data_.apex().size() - name.skipped);
}

uint32_t ZoneNames::find_or_add(dns::NameView owner, uint32_t record) {
  INLET53_CHECK(owner.is_at_or_below(data_.apex()));
  const Bytes below = owner.bytes().first(owner.size() - data_.apex().size());
  size_t starts[dns::kMaxLabels];
  uint64_t hashes[dns::kMaxLabels];
  size_t label = 0;
  uint32_t name = kApex;
  for (size_t at = 0; at < below.size(); at += below[at] + 1U) {
    starts[label] = at;
    hashes[label] = name_hash(below.subspan(at), seed_);
    name = find(hashes[label], below.subspan(at));
    if (name != kNone) break;
    name = kApex;
    ++label;
  }
  while (label-- > 0) {
    if (is_wildcard(below.subspan(starts[label]))) names_[name].flags |= kHasWildcard;
    const auto depth = static_cast<uint8_t>(names_[name].depth + 1);
    max_depth_ = std::max<size_t>(max_depth_, depth);
    name = append(
        {hashes[label], record, kNone, name, 0, static_cast<uint8_t>(starts[label]), 0, depth});
  }
  return name;
}

uint32_t ZoneNames::find(uint64_t hash, Bytes below_apex_octets) const noexcept {
  const size_t mask = index_.size() - 1;
  for (size_t at = hash & mask; index_[at] != kNone; at = (at + 1) & mask) {
    const Name& name = names_[index_[at]];
    if (name.hash == hash && as_text(below_apex(name)) == as_text(below_apex_octets)) {
      return index_[at];
    }
  }
  return kNone;
}

uint32_t ZoneNames::append(Name name) {
  INLET53_CHECK(names_.size() < kNone);
  const auto added = static_cast<uint32_t>(names_.size());
  names_.push_back(name);
  if (names_.size() > index_.size() / 4 * 3)
    grow_index();
  else
    index(added);
  return added;
}

void ZoneNames::index(uint32_t name) noexcept {
  const size_t mask = index_.size() - 1;
  size_t at = names_[name].hash & mask;
  while (index_[at] != kNone) at = (at + 1) & mask;
  index_[at] = name;
}

void ZoneNames::grow_index() {
  index_.assign(index_.size() * 2, kNone);
  for (uint32_t name = 1; name < names_.size(); ++name) index(name);
}

}  // namespace inlet53::zone
