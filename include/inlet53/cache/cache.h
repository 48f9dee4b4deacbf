#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "inlet53/cache/cached_response.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::cache {

/// The TTL of a stale answer, in seconds. Source: RFC 8767 §5.
inline constexpr uint32_t kStaleTtl = 30;
/// Answers from one response after which it is fetched again in the last tenth of its life.
inline constexpr uint16_t kPrefetchAfter = 3;
/// Time after a refresh without a response until the next one, in milliseconds.
inline constexpr uint32_t kRefreshPatienceMs = 3000;
/// Time from a failed refresh of a stale answer to the next refresh, in seconds; `failure_ttl` if
/// that is longer. Source: RFC 8767 §5, the failure recheck timer.
inline constexpr uint32_t kStaleRecheck = 5;

inline constexpr size_t kMinOctets = size_t{64} << 10;
inline constexpr size_t kMaxOctets = size_t{16} << 30;
/// RFC 8767 §4: longer than 7 days is of no use to anybody.
inline constexpr uint32_t kMaxTtl = 7 * 86'400;

/// What an answer depends on. The class is IN; the flags of queries change nothing here.
struct CacheKey {
  dns::NameView name;  // lower case
  uint16_t qtype = 0;
  /// Which targets were asked: answers of one scope are never given to another.
  uint32_t scope = 0;
  /// Of `name`, whole, from a seed that nobody outside knows; the same name, the same hash.
  uint64_t hash = 0;
};

enum class Freshness : uint8_t {
  Fresh,
  Stale,  // its TTL has ended: for when no target answers (RFC 8767)
};

/// What the cache has for a key.
struct CacheHit {
  CachedResponse response;
  Freshness freshness = Freshness::Fresh;
  /// For `ResponseWriter::add_aged`.
  dns::TtlAging ttl{};
  /// The caller is to ask the targets now: the response is asked for often and about to end, or is
  /// stale. Said to one caller at a time: not again until an insert, or until the refresh's
  /// patience is over. A stale response without it was tried a moment ago, so that it can be
  /// answered at once (RFC 8767 §5: failure recheck timer).
  bool refresh_due = false;
};

/// What a cache has done since it was made, and what it holds.
struct CacheCounts {
  uint64_t inserted = 0;
  uint64_t evicted = 0;  // live entries that made room for others
  uint64_t entries = 0;  // now, those past their time included
  uint64_t octets = 0;   // of those entries
};

/// One worker's cache of what targets answered.
///
/// Memory: one mapping of fixed size, so that the bound is exact and nothing fragments: a table of
/// buckets (one cache line each, eight entries) and two rings of entries, where room is made at the
/// old end and taken at the new one. New responses go to the small ring, a tenth of the room; what
/// was asked for twice there moves on to the large one, where entries that are asked for get
/// another round. That is S3-FIFO: a client that walks through a million random names passes
/// through a tenth of the cache, and a hit writes to its own entry only, and not even there once
/// its counts are full, where an LRU list would write to three. Nothing is ever rehashed.
///
/// NXDOMAIN is kept for the name, whatever type was asked (RFC 2308 §5), but not for the names
/// below it (RFC 8020): servers that deny empty non-terminals are too common among targets.
///
/// Example:
///   if (auto hit = cache.find(key, now.monotonic_ms)) { … hit->response.answer(0, qname) … }
///
/// Threads: one. Time is the caller's, in milliseconds that never jump back.
class Cache {
 public:
  /// Memory is taken from the system as it is first used, in large pages where it has them.
  /// Requires: `settings` within the ranges of their table, and `min_ttl` not over `max_ttl`.
  explicit Cache(const settings::Cache& settings);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// What is kept for `key`, absent when there is nothing that may be answered. Fresh comes before
  /// stale, and what is kept for the type before what is kept for the name.
  /// Lifetime: until the next insert or flush. Cost: two cache lines as a rule; no allocation.
  [[nodiscard]] std::optional<CacheHit> find(const CacheKey& key, uint64_t now_ms) noexcept;

  /// Keeps a response for as long as its lowest TTL says, and in place of what was kept for `key`.
  /// Returns whether it was kept. Not kept, and what there was is forgotten: a TTL of 0 (RFC 2181
  /// §8: also one with its highest bit set), a negative response without an SOA (RFC 2308 §5), one
  /// that has more RRsets than kMaxCachedAnswers or that a small cache has no room for.
  /// A failure does not replace a response that may still be answered; such a one is not refreshed
  /// for `kStaleRecheck` then (RFC 8767 §5).
  /// Requires: `response` does not borrow from this cache; an `answers` and RDATA of their types'
  /// shape. Cost: linear in the response; no allocation.
  bool insert(const CacheKey& key, const ReceivedResponse& response, uint64_t now_ms) noexcept;

  /// Forgets each response to a question about `name`, and each that has an RRset of it (at the end
  /// of a chain), in all scopes; `name` in any letter case. Returns how many. Cost: a walk over all
  /// entries, some 40 ms for a million.
  size_t flush_name(dns::NameView name) noexcept;
  /// The same for `apex` and the names below it.
  size_t flush_subtree(dns::NameView apex) noexcept;
  /// Forgets everything, and gives the memory back to the system.
  void flush_all() noexcept;

  [[nodiscard]] CacheCounts counts() const noexcept;
  /// Octets of the mapping, never over `settings::Cache::octets`.
  [[nodiscard]] size_t memory_octets() const noexcept;

 private:
  struct Store;
  std::unique_ptr<Store> store_;
};

}  // namespace inlet53::cache
