#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "inlet53/dns/extended_error.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/dns/types.h"

namespace inlet53::cache {

/// One RRset as the cache takes it and gives it back.
/// Lifetime: what it was made from.
struct CachedRRset {
  dns::NameView owner;
  /// Names in its RDATA are not compressed. As given, the TTLs are those that were received; as
  /// given back, all are the RRset's lowest (RFC 2181 §5.2) within the cache's caps, as they were
  /// when it was kept: `CacheHit::ttl` says what has become of them.
  dns::RRsetView wire;
  /// Whatever the caller wants handed back with it: the query log's JSON, rendered once.
  std::string_view text;
};

/// What a target answered, as it is to be kept.
struct ReceivedResponse {
  dns::Rcode rcode = dns::Rcode::NoError;
  std::span<const CachedRRset> answers;  // in their order: a CNAME each, then the answer
  /// The SOA of a negative response (RFC 2308 §3); any other type counts as none.
  const CachedRRset* authority = nullptr;
  std::optional<dns::ExtendedError> ede;  // its text is copied
};

/// RRsets in the answer section of a response that is kept; one with more is not.
inline constexpr size_t kMaxCachedAnswers = 32;

/// A response in the cache, borrowed. Small: pass it by value.
/// Lifetime: until the cache's next insert or flush. Threads: the cache's.
/// Cost: each call reads the entry, and decodes nothing but what it returns.
class CachedResponse {
 public:
  /// Made by the cache only: `entry` is one of its entries.
  explicit CachedResponse(const uint8_t* entry) noexcept : entry_(entry) {}

  [[nodiscard]] dns::Rcode rcode() const noexcept;
  [[nodiscard]] std::optional<dns::ExtendedError> ede() const noexcept;
  [[nodiscard]] size_t answer_count() const noexcept;
  /// Answer RRset `index`. Owners that are the name that was asked for are not kept: they come back
  /// as `asked`, to the pointer, so that a caller can tell them without comparing names.
  /// Requires: `index < answer_count()`; `asked` is the key's name in any letter case.
  [[nodiscard]] CachedRRset answer(size_t index, dns::NameView asked) const noexcept;
  [[nodiscard]] bool has_authority() const noexcept;
  /// The SOA of a negative response; its TTL is the negative TTL (RFC 2308 §5).
  /// Requires: `has_authority()`; `asked` as above.
  [[nodiscard]] CachedRRset authority(dns::NameView asked) const noexcept;

 private:
  const uint8_t* entry_;
};

}  // namespace inlet53::cache
