// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"

namespace inlet53::server {

/// What server cookies are made with: 16 octets each.
struct CookieSecrets {
  using Secret = std::array<uint8_t, 16>;
  Secret current{};
  std::optional<Secret> previous;  // cookies made with it are still taken, and replaced
};

/// The secrets of a process: those given, as 16 octets each or empty, or a random one, which must
/// then be shared by all workers, for each may get the next query of a client.
[[nodiscard]] CookieSecrets make_cookie_secrets(const std::string& current,
                                                const std::string& previous);

/// What a COOKIE option of a query proves.
enum class CookieProof : uint8_t {
  None,     // a client cookie alone
  Invalid,  // with a server cookie that is not ours, too old, or another client's
  Valid,    // the client gets what we send to its address
};

/// Makes and checks interoperable server cookies of version 1, so that servers that share a secret
/// take each other's, ours or not.
/// Threads: const methods any. Cost: one or two SipHashes of 20 or 32 octets; no allocation.
/// Source: RFC 9018 §4: version, reserved, timestamp, hash; valid for an hour, renewed after half
/// of one, at most 5 minutes from the future.
class ServerCookies {
 public:
  explicit ServerCookies(const CookieSecrets& secrets) noexcept : secrets_(secrets) {}

  /// Octets of a client cookie and a server cookie of ours.
  static constexpr size_t kSize = 8 + 16;

  /// Checks the cookie of a query and writes the response's: the client's own, then the server
  /// cookie that it sent, or a new one when that proves nothing or is to be replaced.
  /// `cookie` has a size that there is (dns::is_cookie_sound); `now` is in seconds since 1970,
  /// modulo 2^32. Requires: kSize octets at `out`, which `cookie` does not overlap.
  CookieProof answer(Bytes cookie, const IpAddress& client, uint32_t now,
                     uint8_t* out) const noexcept;

 private:
  CookieSecrets secrets_;
};

}  // namespace inlet53::server
