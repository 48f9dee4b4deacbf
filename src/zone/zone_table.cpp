// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_table.h"

#include <algorithm>

#include "frozen_zone.h"

#include "inlet53/dns/types.h"

namespace inlet53::zone {

namespace {

/// Returns whether two parts of a name have equal bytes. They are short: a call of memcmp costs
/// more than the comparison.
bool same_octets(Bytes a, Bytes b) noexcept {
  using Word = uint64_t;
  constexpr size_t kWord = sizeof(Word);
  if (a.size() != b.size()) return false;
  const size_t size = a.size();
  if (size < kWord) {
    for (size_t i = 0; i < size; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
  const auto same_word = [&](size_t i) {
    Word left;
    Word right;
    std::memcpy(&left, a.data() + i, kWord);
    std::memcpy(&right, b.data() + i, kWord);
    return left == right;
  };
  for (size_t i = 0; i < size - kWord; i += kWord) {
    if (!same_word(i)) return false;
  }
  return same_word(size - kWord);  // may overlap the previous word
}

constexpr auto kDs = static_cast<uint16_t>(dns::RRType::DS);
constexpr auto kNs = static_cast<uint16_t>(dns::RRType::NS);
constexpr auto kDname = static_cast<uint16_t>(dns::RRType::DNAME);
constexpr auto kAny = static_cast<uint16_t>(dns::RRType::ANY);

/// A node and the label of the key at which its name begins.
struct FoundNode {
  const uint8_t* node;
  size_t label;
};

/// Returns the number of the key's labels before the apex.
size_t depth_of(const FrozenZone& zone, const NameKey& key) noexcept {
  return key.label_count() - zone.apex_labels;
}

const uint8_t* node_name(const uint8_t* node, NodeHead head) noexcept {
  return node + sizeof head + (head.flags & kHasWildcard) * sizeof(uint32_t);
}

/// Returns the node of the key's suffix from `label` on, null when there is none. Requires: the
/// suffix is below the apex.
const uint8_t* probe(const FrozenZone& zone, const NameKey& key, size_t label,
                     size_t depth) noexcept {
  const Bytes name = key.labels(label, depth);
  const uint64_t hash = key.hash(label, depth);
  for (size_t index = home_slot(hash, zone.slot_count);;) {
    const Slot slot = zone.slot(index);
    if (slot.place == 0) return nullptr;
    if (slot.tag == slot_tag(hash)) {
      const uint8_t* node = zone.at(slot.place);
      __builtin_prefetch(node + 64);  // many nodes are on two cache lines: load both at once
      const auto head = load<NodeHead>(node);
      if (same_octets({node_name(node, head), head.name_octets}, name)) return node;
    }
    if (++index == zone.slot_count) index = 0;
  }
}

/// Returns the key's name or, when it does not exist, its closest encloser (RFC 4592 §3.3.1).
FoundNode find_closest(const FrozenZone& zone, const NameKey& key) noexcept {
  const size_t depth = depth_of(zone, key);
  // Names longer than the longest name of the zone cannot exist.
  for (size_t label = depth - std::min(depth, zone.max_depth); label < depth; ++label) {
    if (const uint8_t* node = probe(zone, key, label, depth)) return {node, label};
  }
  return {zone.at(zone.apex_place), depth};
}

const uint8_t* first_rrset(const uint8_t* node, NodeHead head) noexcept {
  return node_name(node, head) + whole_units(head.name_octets);
}

/// Returns the RRset of `type` at a node, null when there is none.
const uint8_t* find_rrset(const uint8_t* node, uint16_t type) noexcept {
  const auto node_head = load<NodeHead>(node);
  const uint8_t* rrset = first_rrset(node, node_head);
  for (unsigned left = node_head.rrset_count; left > 0; --left) {
    const auto head = load<RRsetHead>(rrset);
    if (head.type == type) return rrset;
    rrset += head.span & ~(kUnit - 1);
  }
  return nullptr;
}

/// Reads an RRset. `rotation` matters only for rotating ones.
void read_rrset(const uint8_t* at, uint16_t rotation, record::AnswerRRset& rrset) noexcept {
  const auto head = load<RRsetHead>(at);
  const uint8_t* const wire = at + sizeof head;
  const bool rotates = (head.span & kRotates) != 0;
  const size_t first = rotates ? rotation % head.count : 0;
  const uint32_t record_octets = rotates ? rotating_record_octets(head.type) : 0;
  rrset.wire = {head.type, head.count, {wire + first * record_octets, head.wire_octets}};
  rrset.json = {};
  if ((head.span & kHasJson) == 0) return;

  const uint8_t* json = wire + whole_units(head.wire_octets + record_octets * (head.count - 1U));
  const size_t octets = load<uint32_t>(json);
  json += sizeof(uint32_t);
  if (rotates) {
    const auto start = load<uint32_t>(json + first * sizeof(uint32_t));
    json += head.count * sizeof(uint32_t) + start;
  }
  rrset.json = as_text({json, octets});
}

void set_negative(const FrozenZone& zone, Found found, LookupResult& lookup) noexcept {
  lookup.found = found;
  lookup.owner = zone.apex.view();
  if (zone.negative_soa_place != 0) {
    read_rrset(zone.at(zone.negative_soa_place), 0, lookup.rrset);
  } else {
    lookup.rrset = {};
  }
}

void set_positive(Found found, const uint8_t* rrset, uint16_t rotation, dns::NameView owner,
                  LookupResult& lookup) noexcept {
  lookup.found = found;
  lookup.owner = owner;
  read_rrset(rrset, rotation, lookup.rrset);
}

/// Finds a zone cut or DNAME between the apex and the key's name: the highest one, as RFC 1034
/// §4.3.2 step 3 walks down. Returns false when there is none.
bool find_redirection(const FrozenZone& zone, const NameKey& key, uint16_t qtype, bool refer,
                      LookupResult& lookup) noexcept {
  const size_t depth = depth_of(zone, key);
  for (size_t label = depth;; --label) {
    const uint8_t* node =
        label == depth ? zone.at(zone.apex_place) : probe(zone, key, label, depth);
    if (node == nullptr) return false;
    const uint8_t flags = load<NodeHead>(node).flags;
    const dns::NameView owner = key.name().suffix(label);
    const bool is_cut = label < depth && (flags & kHasNs) != 0;
    // The DS of a cut belongs to the parent zone (RFC 4035 §3.1.4.1).
    if (refer && is_cut && !(label == 0 && qtype == kDs)) {
      set_positive(Found::Referral, find_rrset(node, kNs), 0, owner, lookup);
      return true;
    }
    if (label == 0) return false;
    if ((flags & kHasDname) != 0) {  // only for names below its owner (RFC 6672 §2.3)
      set_positive(Found::SubtreeAlias, find_rrset(node, kDname), 0, owner, lookup);
      return true;
    }
  }
}

/// Sets the result from one node's RRsets; the node is the name's own or a wildcard's.
void answer_from(const FrozenZone& zone, const uint8_t* node, const NameKey& key, uint16_t qtype,
                 uint16_t rotation, LookupResult& lookup) noexcept {
  const auto head = load<NodeHead>(node);
  if ((head.flags & kUncovered) != 0) return;
  const uint8_t* rrset = nullptr;
  if (qtype != kAny) {
    rrset = find_rrset(node, qtype);
  } else if (head.rrset_count > 0) {
    rrset = first_rrset(node, head);
  }
  if (rrset != nullptr) {
    set_positive(Found::Answer, rrset, rotation, key.name().view(), lookup);
  } else if ((head.flags & kHasCname) != 0) {
    set_positive(Found::Alias, first_rrset(node, head), 0, key.name().view(), lookup);
  } else {
    set_negative(zone, Found::NoData, lookup);
  }
}

}  // namespace

ZoneTable::ZoneTable(std::unique_ptr<const FrozenZone> zone) : zone_(std::move(zone)) {}

ZoneTable::~ZoneTable() = default;

std::shared_ptr<const ZoneTable> ZoneTable::build(const ZoneData& data, HashSeed seed,
                                                  const ZoneTableOptions& options) {
  return std::shared_ptr<const ZoneTable>(new ZoneTable(freeze(data, seed, options)));
}

void ZoneTable::find(const NameKey& key, uint16_t qtype, uint16_t rotation, bool refer,
                     LookupResult& lookup) const noexcept {
  lookup.found = Found::NotCovered;
  const FrozenZone& zone = *zone_;
  auto [node, label] = find_closest(zone, key);
  const auto head = load<NodeHead>(node);
  const unsigned redirects = kHasDname | kBelowDname | (refer ? kHasNs | kBelowNs : 0);
  if ((head.flags & redirects) != 0 && find_redirection(zone, key, qtype, refer, lookup)) return;
  if (label > 0) {
    if ((head.flags & kHasWildcard) == 0) {
      if (!zone.partial) set_negative(zone, Found::NXDomain, lookup);
      return;
    }
    node = zone.at(load<uint32_t>(node + sizeof head));
  }
  answer_from(zone, node, key, qtype, rotation, lookup);
}

record::AnswerRRset ZoneTable::find_exact(const NameKey& key, uint16_t type) const noexcept {
  record::AnswerRRset found;
  const auto [node, label] = find_closest(*zone_, key);
  const uint8_t* rrset = label == 0 ? find_rrset(node, type) : nullptr;
  if (rrset != nullptr) read_rrset(rrset, 0, found);
  return found;
}

PrefetchedSlot ZoneTable::prefetch(const NameKey& key) const noexcept {
  const FrozenZone& zone = *zone_;
  const size_t depth = depth_of(zone, key);
  if (depth == 0 || zone.max_depth == 0) return {};
  const uint64_t hash = key.hash(depth - std::min(depth, zone.max_depth), depth);
  __builtin_prefetch(zone.slot_at(home_slot(hash, zone.slot_count)));
  return {&zone, hash};
}

void ZoneTable::prefetch_node(const PrefetchedSlot& prefetched) noexcept {
  if (prefetched.zone == nullptr) return;
  const FrozenZone& zone = *prefetched.zone;
  // Most names are in their home slot or in the next slots, which are on the same line.
  constexpr size_t kSlots = 4;
  size_t index = home_slot(prefetched.hash, zone.slot_count);
  for (size_t left = kSlots; left > 0 && index < zone.slot_count; --left, ++index) {
    const Slot slot = zone.slot(index);
    if (slot.place == 0) return;
    if (slot.tag != slot_tag(prefetched.hash)) continue;
    __builtin_prefetch(zone.at(slot.place));
    __builtin_prefetch(zone.at(slot.place) + 64);
    return;
  }
}

bool ZoneTable::is_large() const noexcept {
  constexpr size_t kLarge = size_t{2} << 20;
  return memory_octets() >= kLarge;
}

dns::NameView ZoneTable::apex() const noexcept { return zone_->apex.view(); }

size_t ZoneTable::name_count() const noexcept { return zone_->name_count; }

size_t ZoneTable::record_count() const noexcept { return zone_->record_count; }

size_t ZoneTable::memory_octets() const noexcept {
  return sizeof *this + sizeof *zone_ + zone_->arena.size();
}

}  // namespace inlet53::zone
