// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace inlet53::policy {

/// The condition keys that a call can have.
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

/// The key as AWS spells it: `aws:SourceVpce`.
[[nodiscard]] std::string_view key_name(CallKey key) noexcept;

/// Some of these keys: those that a policy looks at, so that a call need not be given the others.
class CallKeys {
 public:
  [[nodiscard]] static CallKeys all() noexcept;

  /// Adds a key by its name in lower case; names that no call has are passed over.
  void add(std::string_view folded_key) noexcept;
  void add(const CallKeys& others) noexcept { bits_ |= others.bits_; }
  [[nodiscard]] bool contains(CallKey key) const noexcept {
    return (bits_ >> static_cast<unsigned>(key) & 1U) != 0;
  }

 private:
  uint32_t bits_ = 0;
};

}  // namespace inlet53::policy
