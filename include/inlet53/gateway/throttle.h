// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace inlet53::gateway {

/// Token bucket: `burst` requests at once, `rate` per second on average. Starts full.
class TokenBucket {
 public:
  TokenBucket() = default;
  TokenBucket(double rate, uint32_t burst) : rate_(rate), burst_(burst), tokens_(burst) {}

  /// Returns true when a request may continue at `now_ms` (any monotonic clock).
  [[nodiscard]] bool has_token(uint64_t now_ms) noexcept;
  /// Removes one token. Requires: `has_token` returned true.
  void consume() noexcept { tokens_ -= 1; }
  /// Changes the limits. Tokens that the new burst does not permit are lost.
  void set_limits(double rate, uint32_t burst) noexcept;

 private:
  double rate_ = 0;
  double burst_ = 0;
  double tokens_ = 0;
  uint64_t filled_ms_ = 0;
};

/// Limits calls for each method of a stage, and for all calls of an account in a region. A call
/// that one bucket refuses removes no token from the other. Threads: one at a time. Source: API
/// Gateway Developer Guide, "Throttle requests to your REST APIs": stage and method limits, then
/// the account's.
class Throttle {
 public:
  struct Limit {
    double rate = 0;     // requests a second
    uint32_t burst = 0;  // requests at once
    friend bool operator==(const Limit&, const Limit&) = default;
  };

  explicit Throttle(Limit account) : account_limit_(account) {}

  /// Returns true when a call may continue. `account` names account and region. `method` names the
  /// bucket of the limit that the stage sets for the method; `limit` is null when it sets none.
  [[nodiscard]] bool allow(std::string_view account, std::string_view method, const Limit* limit,
                           uint64_t now_ms);

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

  const Limit account_limit_;
  Buckets accounts_;
  Buckets methods_;
};

}  // namespace inlet53::gateway
