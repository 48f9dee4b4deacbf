// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "inlet53/dns/name.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/dns/types.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::cache {

/// RRset in the form in which the cache stores and returns it. Lifetime: its source's.
struct CachedRRset {
  dns::NameView owner;
  /// Names in its RDATA are not compressed. On insert, TTLs are as received. On lookup, all TTLs
  /// are the lowest of the RRset (RFC 2181 §5.2), limited by the cache's caps, as they were at
  /// insertion; `CacheHit::ttl` says how to age them.
  dns::RRsetView wire;
  /// Text that the cache returns unchanged: the JSON of the query log, rendered once.
  std::string_view text;
};

/// Response of a target, to be stored.
struct ReceivedResponse {
  dns::Rcode rcode = dns::Rcode::NoError;
  std::span<const CachedRRset> answers;  // in order: CNAMEs, then the answer
  /// SOA of a negative response (RFC 2308 §3); other types are ignored.
  const CachedRRset* authority = nullptr;
  std::optional<dns::ExtendedError> ede;  // its text is copied
};

/// Maximum number of RRsets in the answer section of a stored response.
inline constexpr size_t kMaxCachedAnswers = 32;

/// View of a response in the cache. Small: pass it by value. Lifetime: until the cache's next
/// insert or flush. Threads: the cache's. Cost: each call reads the entry and decodes only what it
/// returns.
class CachedResponse {
 public:
  /// Only the cache calls this: `entry` is one of its entries.
  explicit CachedResponse(const uint8_t* entry) noexcept : entry_(entry) {}

  [[nodiscard]] dns::Rcode rcode() const noexcept;
  [[nodiscard]] std::optional<dns::ExtendedError> ede() const noexcept;
  [[nodiscard]] size_t answer_count() const noexcept;
  /// Returns answer RRset `index`. The cache does not store owners that equal the key's name; it
  /// returns `asked` itself for them, so that a caller can compare pointers instead of names.
  /// Requires: `index < answer_count()`; `asked` is the key's name in any letter case.
  [[nodiscard]] CachedRRset answer(size_t index, dns::NameView asked) const noexcept;
  [[nodiscard]] bool has_authority() const noexcept;
  /// Returns the SOA of a negative response; its TTL is the negative TTL (RFC 2308 §5). Requires:
  /// `has_authority()`; `asked` as above.
  [[nodiscard]] CachedRRset authority(dns::NameView asked) const noexcept;

 private:
  const uint8_t* entry_;
};

/// TTL of a stale answer in seconds. Source: RFC 8767 §5.
inline constexpr uint32_t kStaleTtl = 30;
/// Number of hits after which a response is refreshed in the last tenth of its lifetime.
inline constexpr uint16_t kPrefetchAfter = 3;
/// Time in milliseconds after an unanswered refresh until the next one.
inline constexpr uint32_t kRefreshPatienceMs = 3000;
/// Time in seconds from a failed refresh of a stale answer to the next refresh; `failure_ttl` if
/// that is longer. Source: RFC 8767 §5, the failure recheck timer.
inline constexpr uint32_t kStaleRecheck = 5;

inline constexpr size_t kMinOctets = size_t{64} << 10;
inline constexpr size_t kMaxOctets = size_t{16} << 30;
/// RFC 8767 §4: limits a TTL to 7 days.
inline constexpr uint32_t kMaxTtl = 7 * 86'400;

/// Key of a response. The class is IN; flags of the query do not matter.
struct CacheKey {
  dns::NameView name;  // lower case
  uint16_t qtype = 0;
  /// Identifies the targets of the query: a lookup returns only answers of the same scope.
  uint32_t scope = 0;
  /// Hash of the whole `name` with a secret seed; equal names have equal hashes.
  uint64_t hash = 0;
};

enum class Freshness : uint8_t {
  Fresh,
  Stale,  // expired; to be used when no target answers (RFC 8767)
};

/// Result of a lookup.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the lookup sets it, hot path
struct CacheHit {
  CachedResponse response;
  Freshness freshness = Freshness::Fresh;
  /// Argument of `ResponseWriter::add_aged`.
  dns::TtlAging ttl{};
  /// The caller must query the targets now: the response is popular and about to expire, or it is
  /// stale. Only one caller gets this until an insert or until `kRefreshPatienceMs` has passed. A
  /// stale response without this flag was refreshed a moment ago without success and can be
  /// returned at once (RFC 8767 §5: failure recheck timer).
  bool refresh_due = false;
};

/// Counters of a cache since start, and its current content.
struct CacheCounts {
  uint64_t inserted = 0;
  uint64_t evicted = 0;  // live entries that were replaced
  uint64_t entries = 0;  // current, with expired ones
  uint64_t octets = 0;   // their size in bytes
};

/// Cache of target responses for one worker.
///
/// Memory: one mapping of fixed size, so that the limit is exact and nothing fragments: a hash
/// table of buckets (one cache line each, eight entries) and two rings of entries that drop the
/// oldest entry to append a new one. New responses go to the small ring, a tenth of the memory. An
/// entry with two hits there moves on to the large ring, where an entry with hits is appended again
/// instead of dropped. This is S3-FIFO: a client that queries a million random names replaces only
/// a tenth of the cache. A hit writes only to its own entry, and not at all once its counters are
/// at their maximum, where an LRU list writes to three entries. The table is never rehashed.
///
/// NXDOMAIN is stored for the name and all types (RFC 2308 §5), but not for names below it (RFC
/// 8020): too many servers deny empty non-terminals.
///
/// Example: if (auto hit = cache.find(key, now.monotonic_ms)) { … hit->response.answer(0, qname) …
/// }
///
/// Threads: one. The caller passes the time in milliseconds that never decrease.
class Cache {
 public:
  /// Reserves the memory; the system provides pages on first use, large ones where it supports
  /// them. Requires: `settings` within the ranges of their table, and `min_ttl` not above
  /// `max_ttl`.
  explicit Cache(const settings::Cache& settings);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// Looks up the response for `key`; absent when no usable response is stored. Prefers fresh over
  /// stale responses, and a response for the type over NXDOMAIN for the name. Lifetime: until the
  /// next insert or flush. Cost: usually two cache lines; no allocation.
  [[nodiscard]] std::optional<CacheHit> find(const CacheKey& key, uint64_t now_ms) noexcept;

  /// Stores a response for its lowest TTL and replaces the former response for `key`. Returns
  /// whether it was stored. Does not store, and removes the former response, for: a TTL of 0 (RFC
  /// 2181 §8: also one with its highest bit set), a negative response without an SOA (RFC 2308 §5),
  /// more RRsets than kMaxCachedAnswers, or a response too large for a small cache. A failure does
  /// not replace a usable response; it only delays its refresh by `kStaleRecheck` (RFC 8767 §5).
  /// Requires: `response` does not refer to this cache; the RDATA of answers and authority is
  /// well-formed for its type. Cost: linear in the response; no allocation.
  bool insert(const CacheKey& key, const ReceivedResponse& response, uint64_t now_ms) noexcept;

  /// Removes each response to a question about `name`, and each that contains an RRset of `name`
  /// (at the end of a chain), in all scopes; `name` in any letter case. Returns their number. Cost:
  /// a walk over all entries, about 40 ms for a million.
  size_t flush_name(dns::NameView name) noexcept;
  /// The same for `apex` and the names below it.
  size_t flush_subtree(dns::NameView apex) noexcept;
  /// Removes all responses and returns the memory to the system.
  void flush_all() noexcept;

  [[nodiscard]] CacheCounts counts() const noexcept;
  /// Returns the size of the mapping in bytes, at most `settings::Cache::octets`.
  [[nodiscard]] size_t memory_octets() const noexcept;

 private:
  struct Store;
  std::unique_ptr<Store> store_;
};

}  // namespace inlet53::cache
