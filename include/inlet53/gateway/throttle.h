#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace inlet53::gateway {

/// A token bucket: `burst` requests at once, `rate` a second in the long run. Starts full.
class TokenBucket {
 public:
  TokenBucket() = default;
  TokenBucket(double rate, uint32_t burst) : rate_(rate), burst_(burst), tokens_(burst) {}

  /// Tells whether a request may go on at `now_ms` (any monotonic clock).
  [[nodiscard]] bool has_token(uint64_t now_ms) noexcept;
  /// Takes what `has_token` has found.
  void take() noexcept { tokens_ -= 1; }
  /// Other limits from now on; what is left stays, as far as it fits.
  void set_limits(double rate, uint32_t burst) noexcept;

 private:
  double rate_ = 0;
  double burst_ = 0;
  double tokens_ = 0;
  uint64_t filled_ms_ = 0;
};

/// Limits by stage and method, and for all calls of an account in a region. A call that one of its
/// buckets refuses takes from none of them.
/// Threads: one at a time. Source: API Gateway Developer Guide, "Throttle requests to your REST
/// APIs": stage and method limits, then the account's.
class Throttle {
 public:
  struct Limit {
    double rate = 0;     // requests a second
    uint32_t burst = 0;  // requests at once
    friend bool operator==(const Limit&, const Limit&) = default;
  };

  explicit Throttle(Limit account) : account_limit_(account) {}

  /// Decides about a call. `account` names account and region. `method` names the bucket of the
  /// limit that the call's stage sets for it, when `limit` is not null.
  [[nodiscard]] bool admit(std::string_view account, std::string_view method, const Limit* limit,
                           uint64_t now_ms);

  /// After a reload: the account's limit; buckets whose limits changed keep what fits.
  void set_account_limit(Limit limit) noexcept { account_limit_ = limit; }

 private:
  struct Bucket {
    Limit limit;
    TokenBucket tokens;
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Buckets = std::unordered_map<std::string, Bucket, TextHash, std::equal_to<>>;

  static TokenBucket& bucket(Buckets& buckets, std::string_view name, const Limit& limit);

  Limit account_limit_;
  Buckets accounts_;
  Buckets methods_;
};

}  // namespace inlet53::gateway
