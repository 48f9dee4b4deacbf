#include "keep_plan.h"

#include <algorithm>

namespace inlet53::cache {

namespace {

// RFC 1035 §3.3.13: two names, the shortest of which are roots, and five numbers; MINIMUM is last.
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
  // RFC 2308 §2.1: with a CNAME before it, it is the chain's last name that does not exist.
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

}  // namespace inlet53::cache
