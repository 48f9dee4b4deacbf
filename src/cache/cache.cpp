// SPDX-License-Identifier: Apache-2.0
#include "inlet53/cache/cache.h"

#include <algorithm>
#include <cstring>

#include "entry.h"
#include "entry_store.h"

#include "inlet53/base/check.h"

namespace inlet53::cache {

namespace {

CachedRRset read_part(const uint8_t* entry, size_t index, dns::NameView asked) noexcept {
  const RRsetPart& part = entry_part(entry, index);
  const uint8_t* const owner = entry + part.at;
  const uint8_t* const wire = owner + part.owner_octets;
  return {part.owner_octets == 0 ? asked : dns::NameView::from_checked(owner, part.owner_octets),
          {part.type, part.count, {wire, part.wire_octets}},
          as_text({wire + part.wire_octets, part.text_octets})};
}

constexpr uint32_t kMilli = 1000;
// The type of NXDOMAIN entries in a tag.
constexpr uint32_t kAllTypes = 0x10000;

// Tag of a slot: high bits of the name's hash, mixed with scope and type.
uint32_t tag_of(const CacheKey& key, uint32_t type) noexcept {
  constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio
  const uint64_t rest = (uint64_t{key.scope} << 17 | type) * kSpread;
  return static_cast<uint32_t>((key.hash ^ rest) >> 32);
}

bool has_name(const uint8_t* entry, const CacheKey& key) noexcept {
  const EntryHead& head = entry_head(entry);
  return head.scope == key.scope && head.name_octets == key.name.size() &&
         std::memcmp(entry_name(entry).data(), key.name.data(), key.name.size()) == 0;
}

uint8_t* find_entry(const EntryStore& entries, const CacheKey& key, bool all_types) noexcept {
  return entries.find(key.hash, tag_of(key, all_types ? kAllTypes : key.qtype),
                      [&](const uint8_t* entry) {
                        const EntryHead& head = entry_head(entry);
                        return head.all_types == all_types &&
                               (all_types || head.qtype == key.qtype) && has_name(entry, key);
                      });
}

bool is_fresh(const EntryHead& head, uint64_t now_ms) noexcept {
  return age_ms(head, now_ms) < head.lifetime_ms;
}

// Returns whether `is_such` is true for the question's name or a name in the answer chain of the
// entry.
template <class IsSuch>
bool has_such_name(const uint8_t* entry, const IsSuch& is_such) noexcept {
  const dns::NameView name = entry_name(entry);
  if (is_such(name)) return true;
  const CachedResponse response(entry);
  for (size_t i = 0; i < response.answer_count(); ++i) {
    if (is_such(response.answer(i, name).owner)) return true;
  }
  return false;
}

}  // namespace

dns::Rcode CachedResponse::rcode() const noexcept {
  return static_cast<dns::Rcode>(entry_head(entry_).rcode);
}

std::optional<dns::ExtendedError> CachedResponse::ede() const noexcept {
  const uint16_t ede = entry_head(entry_).ede;
  if (ede == kNoEde) return std::nullopt;
  return dns::ExtendedError{static_cast<dns::Ede>(ede), entry_ede_text(entry_)};
}

size_t CachedResponse::answer_count() const noexcept { return entry_head(entry_).answer_count; }

CachedRRset CachedResponse::answer(size_t index, dns::NameView asked) const noexcept {
  return read_part(entry_, index, asked);
}

bool CachedResponse::has_authority() const noexcept { return entry_head(entry_).has_authority; }

CachedRRset CachedResponse::authority(dns::NameView asked) const noexcept {
  return read_part(entry_, answer_count(), asked);
}

struct Cache::Store {
  explicit Store(const settings::Cache& given)
      : settings(given),
        prefetch_after(given.prefetch ? kPrefetchAfter : uint16_t{0}),
        entries(given.octets, given.max_stale * kMilli) {}

  /// Returns whether the entry can be used in an answer, fresh or stale.
  bool is_usable(const EntryHead& head, uint64_t now_ms) const noexcept {
    return is_fresh(head, now_ms) ||
           (!is_failure(static_cast<dns::Rcode>(head.rcode)) && !entries.is_past(head, now_ms));
  }

  CacheHit hit(uint8_t* entry, uint64_t now_ms) noexcept {
    EntryHead& head = entry_head(entry);
    CacheHit found{CachedResponse(entry)};
    const uint64_t age = age_ms(head, now_ms);
    if (age < head.lifetime_ms) {
      found.ttl.age = static_cast<uint32_t>(age / kMilli);
    } else {
      found.freshness = Freshness::Stale;
      found.ttl.fixed = kStaleTtl;
    }
    // Writes nothing when the counters are at their maximum: most hits then do not modify the line.
    if (head.asked < prefetch_after) ++head.asked;
    if (head.visits < kMaxVisits) ++head.visits;
    if (age >= head.refresh_at_ms) found.refresh_due = claim_refresh(head, age);
    return found;
  }

  /// Returns whether the caller must refresh; if so, the next caller waits for kRefreshPatienceMs.
  bool claim_refresh(EntryHead& head, uint64_t age) const noexcept {
    const bool stale = age >= head.lifetime_ms;
    const bool hot = prefetch_after > 0 && head.asked >= prefetch_after;
    // An expired failure needs no refresh: the next query goes to the targets.
    if (is_failure(static_cast<dns::Rcode>(head.rcode)) || !(stale || hot)) return false;
    head.refresh_at_ms = static_cast<uint32_t>(age + kRefreshPatienceMs);
    return true;
  }

  /// Handles a failure when `entry` is stored: a usable response stays and is not refreshed for a
  /// while; a failure after a failure is kept longer. Returns false when the failure must not be
  /// stored.
  bool yields_to_failure(uint8_t* entry, KeepPlan& plan, uint64_t now_ms) const noexcept {
    EntryHead& head = entry_head(entry);
    if (is_failure(static_cast<dns::Rcode>(head.rcode))) {
      if (!entries.is_past(head, now_ms)) {
        const uint32_t doubled = 2 * (head.lifetime_ms / kMilli);
        plan.lifetime = std::max(plan.lifetime, std::min(doubled, settings.max_failure_ttl));
      }
      return true;
    }
    if (!is_usable(head, now_ms)) return true;
    const uint32_t recheck = std::max(settings.failure_ttl, kStaleRecheck);
    head.refresh_at_ms = static_cast<uint32_t>(age_ms(head, now_ms) + uint64_t{recheck} * kMilli);
    return false;
  }

  /// Removes entries that a response for `key` contradicts, except `old`, which it replaces.
  void remove_contradicted(const CacheKey& key, const KeepPlan& plan, const uint8_t* old,
                           uint64_t now_ms) noexcept {
    if (plan.failure) return;
    entries.for_each_in_bucket(key.hash, [&](uint8_t* entry) {
      const EntryHead& head = entry_head(entry);
      if (entry == old || !has_name(entry, key)) return;
      // A name with an answer or NODATA exists. A name that does not exist has no answer for any
      // type. Fresh answers stay, because some servers deny the name when only the type is missing
      // (RFC 4074 §4.2).
      if (plan.all_types ? !is_fresh(head, now_ms) : head.all_types) entries.remove(entry);
    });
  }

  const settings::Cache settings;
  const uint16_t prefetch_after;  // 0: prefetching is off
  EntryStore entries;
  uint64_t inserted = 0;
};

Cache::Cache(const settings::Cache& settings) {
  INLET53_CHECK(settings.max_ttl <= kMaxTtl && settings.min_ttl <= settings.max_ttl &&
                settings.max_negative_ttl <= kMaxTtl && settings.max_stale <= kMaxTtl &&
                settings.failure_ttl <= settings::kFailureTtl.range.most &&
                settings.max_failure_ttl <= settings::kFailureTtl.range.most);
  store_ = std::make_unique<Store>(settings);
}

Cache::~Cache() = default;

std::optional<CacheHit> Cache::find(const CacheKey& key, uint64_t now_ms) noexcept {
  Store& store = *store_;
  uint8_t* const exact = find_entry(store.entries, key, false);
  if (exact != nullptr && is_fresh(entry_head(exact), now_ms)) return store.hit(exact, now_ms);

  uint8_t* const denied = find_entry(store.entries, key, true);
  if (denied != nullptr && is_fresh(entry_head(denied), now_ms)) return store.hit(denied, now_ms);
  for (uint8_t* const entry : {exact, denied}) {
    if (entry != nullptr && store.is_usable(entry_head(entry), now_ms)) {
      return store.hit(entry, now_ms);
    }
  }
  return std::nullopt;
}

bool Cache::insert(const CacheKey& key, const ReceivedResponse& response,
                   uint64_t now_ms) noexcept {
  Store& store = *store_;
  EntryStore& entries = store.entries;
  ReceivedResponse kept = response;
  if (kept.authority != nullptr &&
      kept.authority->wire.type != static_cast<uint16_t>(dns::RRType::SOA)) {
    kept.authority = nullptr;
  }
  KeepPlan plan = plan_keeping(kept, store.settings);
  uint8_t* old = find_entry(entries, key, plan.all_types);
  if (plan.failure) {
    kept.answers = {};
    kept.authority = nullptr;
    if (old != nullptr && !store.yields_to_failure(old, plan, now_ms)) return false;
    uint8_t* const denied = find_entry(entries, key, true);
    if (denied != nullptr && !store.yields_to_failure(denied, plan, now_ms)) return false;
  }

  const size_t octets = entry_octets(key, kept);
  const bool keeps = plan.lifetime > 0 && kept.answers.size() <= kMaxCachedAnswers &&
                     octets <= entries.max_entry_octets();
  const bool wanted = old != nullptr && entries.is_wanted(old);
  const uint8_t visits = old != nullptr ? entry_head(old).visits : uint8_t{0};
  // Overwrites the old entry if the new one fits without wasting much: a refresh mostly brings the
  // same data.
  const bool fits =
      old != nullptr && octets <= entry_head(old).octets && octets > entry_head(old).octets / 2;
  if (old != nullptr && !(keeps && fits)) {
    entries.remove(old);
    old = nullptr;
  }
  store.remove_contradicted(key, plan, old, now_ms);
  if (!keeps) return false;

  const size_t room = old != nullptr ? entry_head(old).octets : octets;
  uint8_t* const entry =
      old != nullptr ? old
                     : entries.add(key.hash, tag_of(key, plan.all_types ? kAllTypes : key.qtype),
                                   octets, wanted, now_ms);
  write_entry(entry, room, key, kept, plan, store.settings, now_ms);
  entry_head(entry).visits = visits;
  ++store.inserted;
  return true;
}

size_t Cache::flush_name(dns::NameView name) noexcept {
  size_t flushed = 0;
  store_->entries.for_each([&](uint8_t* entry) {
    if (!has_such_name(entry, [&](dns::NameView one) { return one.equals(name); })) return;
    store_->entries.remove(entry);
    ++flushed;
  });
  return flushed;
}

size_t Cache::flush_subtree(dns::NameView apex) noexcept {
  size_t flushed = 0;
  store_->entries.for_each([&](uint8_t* entry) {
    if (!has_such_name(entry, [&](dns::NameView one) { return one.is_at_or_below(apex); })) return;
    store_->entries.remove(entry);
    ++flushed;
  });
  return flushed;
}

void Cache::flush_all() noexcept { store_->entries.clear(); }

CacheCounts Cache::counts() const noexcept {
  return {store_->inserted, store_->entries.evicted(), store_->entries.entry_count(),
          store_->entries.entries_octets()};
}

size_t Cache::memory_octets() const noexcept { return store_->entries.memory_octets(); }

}  // namespace inlet53::cache
