#pragma once

#include <cstdint>

#include "inlet53/cache/cache.h"
#include "inlet53/cache/cached_response.h"

namespace inlet53::cache {

/// How a response is to be kept.
struct KeepPlan {
  uint32_t lifetime = 0;      // seconds; 0: not at all
  uint32_t negative_ttl = 0;  // seconds, of the SOA; for negative responses
  bool negative = false;      // NXDOMAIN or NODATA, at the end of a chain too
  bool failure = false;       // neither an answer nor a denial
  bool all_types = false;     // NXDOMAIN of the name itself
};

/// Whether an rcode stands for a failure to resolve: any but NOERROR and NXDOMAIN.
/// Source: RFC 9520 §2.
[[nodiscard]] constexpr bool is_failure(dns::Rcode rcode) noexcept {
  return rcode != dns::Rcode::NoError && rcode != dns::Rcode::NXDomain;
}

/// Decides how a response is to be kept. Failures get `settings.failure_ttl`.
/// Source: RFC 2308 §5 (negatives), RFC 9520 §3.2 (failures), RFC 2181 §8 (a TTL's highest bit).
[[nodiscard]] KeepPlan plan_keeping(const ReceivedResponse& response,
                                    const settings::Cache& settings) noexcept;

/// The TTL that all records of an RRset are kept with: its lowest, within the caps.
[[nodiscard]] uint32_t capped_ttl(const dns::RRsetView& rrset,
                                  const settings::Cache& settings) noexcept;

}  // namespace inlet53::cache
