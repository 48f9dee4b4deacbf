// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/throttle.h"

#include <algorithm>

namespace inlet53::gateway {

bool TokenBucket::has_token(uint64_t now_ms) noexcept {
  if (now_ms > filled_ms_) {
    const double seconds = static_cast<double>(now_ms - filled_ms_) / 1000;
    tokens_ = std::min(burst_, tokens_ + seconds * rate_);
    filled_ms_ = now_ms;
  }
  return tokens_ >= 1;
}

void TokenBucket::set_limits(double rate, uint32_t burst) noexcept {
  rate_ = rate;
  burst_ = burst;
  tokens_ = std::min(tokens_, burst_);
}

TokenBucket& Throttle::bucket(Buckets& buckets, std::string_view name, const Limit& limit) {
  auto found = buckets.find(name);
  if (found == buckets.end()) {
    found = buckets.emplace(std::string(name), Bucket{limit, {limit.rate, limit.burst}}).first;
  } else if (!(found->second.limit == limit)) {
    found->second.limit = limit;
    found->second.tokens.set_limits(limit.rate, limit.burst);
  }
  return found->second.tokens;
}

bool Throttle::allow(std::string_view account, std::string_view method, const Limit* limit,
                     uint64_t now_ms) {
  TokenBucket* const of_method = limit == nullptr ? nullptr : &bucket(methods_, method, *limit);
  if (of_method != nullptr && !of_method->has_token(now_ms)) return false;
  TokenBucket& of_account = bucket(accounts_, account, account_limit_);
  if (!of_account.has_token(now_ms)) return false;
  if (of_method != nullptr) of_method->consume();
  of_account.consume();
  return true;
}

}  // namespace inlet53::gateway
