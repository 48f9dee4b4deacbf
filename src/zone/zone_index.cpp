// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_index.h"

#include <algorithm>
#include <cstring>

namespace inlet53::zone {

namespace {

/// Returns a number less than, equal to or more than 0. Requires: names of the same size.
int compare(dns::NameView a, dns::NameView b) noexcept {
  return std::memcmp(a.data(), b.data(), a.size());
}

/// Compares sizes first: the size excludes most suffixes of a name from all apexes.
bool precedes(const ZoneIndex::Entry& a, const ZoneIndex::Entry& b) noexcept {
  const dns::NameView a_apex = a.table->apex();
  const dns::NameView b_apex = b.table->apex();
  if (a_apex.size() != b_apex.size()) return a_apex.size() < b_apex.size();
  const int order = compare(a_apex, b_apex);
  return order != 0 ? order < 0 : a.kind < b.kind;
}

}  // namespace

ZoneIndex::ZoneIndex(std::vector<Entry> entries, HashSeed seed)
    : entries_(std::move(entries)), seed_(seed) {
  std::ranges::stable_sort(entries_, precedes);
  for (uint32_t entry = 0; entry < entries_.size(); ++entry) {
    const dns::NameView name = entries_[entry].table->apex();
    has_large_zone_ = has_large_zone_ || entries_[entry].table->is_large();
    if (apexes_.empty() || !apexes_.back().name.equals(name)) {
      apexes_.push_back({name, entry, entry});
      ++first_apex_[name.size() + 1];
      first_labels_[name.size()] |= uint64_t{1} << name.data()[0];
    }
    ++apexes_.back().end_entry;
  }
  // Converts the number of apexes of each size to the number of smaller ones.
  for (size_t size = 1; size < first_apex_.size(); ++size)
    first_apex_[size] += first_apex_[size - 1];
}

const ZoneIndex::Apex* ZoneIndex::find_apex(dns::NameView name) const noexcept {
  if ((first_labels_[name.size()] >> name.data()[0] & 1) == 0) return nullptr;
  size_t first = first_apex_[name.size()];
  size_t end = first_apex_[name.size() + 1];
  while (first < end) {
    const size_t middle = (first + end) / 2;
    const int order = compare(name, apexes_[middle].name);
    if (order == 0) return &apexes_[middle];
    if (order < 0) {
      end = middle;
    } else {
      first = middle + 1;
    }
  }
  return nullptr;
}

void ZoneIndex::find_below(size_t end, const NameKey& key, uint16_t qtype, uint16_t rotation,
                           bool refer, LookupResult& lookup) const noexcept {
  for (size_t label = 0; label < end; ++label) {
    const Apex* apex = find_apex(key.name().suffix(label));
    if (apex == nullptr) continue;
    for (uint32_t entry = apex->first_entry; entry < apex->end_entry; ++entry) {
      entries_[entry].table->find(key, qtype, rotation, refer, lookup);
      if (lookup.found == Found::NotCovered) continue;
      if (lookup.found == Found::NXDomain && entries_[entry].address_names != nullptr)
        entries_[entry].address_names->find(key, qtype, lookup);
      return;
    }
  }
  lookup.found = Found::NotCovered;
}

const ZoneIndex::Entry* ZoneIndex::find_zone(size_t end, const NameKey& key,
                                             uint16_t qtype) const noexcept {
  for (size_t label = 0; label < end; ++label) {
    const Apex* apex = find_apex(key.name().suffix(label));
    if (apex == nullptr) continue;
    for (uint32_t entry = apex->first_entry; entry < apex->end_entry; ++entry) {
      LookupResult lookup;
      entries_[entry].table->find(key, qtype, 0, false, lookup);
      if (lookup.found != Found::NotCovered) return &entries_[entry];
    }
  }
  return nullptr;
}

PrefetchedSlot ZoneIndex::prefetch(const NameKey& key) const noexcept {
  for (size_t label = 0; label <= key.label_count(); ++label) {
    const Apex* apex = find_apex(key.name().suffix(label));
    if (apex == nullptr) continue;
    const ZoneTable& table = *entries_[apex->first_entry].table;
    return table.is_large() ? table.prefetch(key) : PrefetchedSlot{};
  }
  return {};
}

record::AnswerRRset ZoneIndex::find_exact(const NameKey& key, uint16_t type) const noexcept {
  const Apex* apex = nullptr;
  for (size_t label = 0; label <= key.label_count() && apex == nullptr; ++label) {
    apex = find_apex(key.name().suffix(label));
  }
  if (apex == nullptr) return {};
  for (uint32_t entry = apex->first_entry; entry < apex->end_entry; ++entry) {
    const record::AnswerRRset rrset = entries_[entry].table->find_exact(key, type);
    if (rrset.wire.count > 0) return rrset;
  }
  return {};
}

}  // namespace inlet53::zone
