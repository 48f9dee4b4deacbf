// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace inlet53::policy {

/// Condition keys that a call can have.
/// Source: API Gateway Developer Guide, "AWS condition keys that can be used in API Gateway
/// resource policies".
enum class CallKey : uint8_t {
  VpcSourceIp,
  SourceIp,
  SourceVpce,
  SourceVpc,
  CurrentTime,
  EpochTime,
  SecureTransport,
  UserAgent,
  Referer
};

/// Returns the key as AWS spells it: `aws:SourceVpce`.
[[nodiscard]] std::string_view key_name(CallKey key) noexcept;

/// Set of these keys: those that a policy uses, so that a request needs no others.
class CallKeys {
 public:
  [[nodiscard]] static CallKeys all() noexcept;

  /// Adds a key by its name in lower case; ignores names that no call has.
  void add(std::string_view folded_key) noexcept;
  void add(const CallKeys& others) noexcept { bits_ |= others.bits_; }
  [[nodiscard]] bool contains(CallKey key) const noexcept {
    return (bits_ >> static_cast<unsigned>(key) & 1U) != 0;
  }

 private:
  uint32_t bits_ = 0;
};

}  // namespace inlet53::policy
