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

/// Secrets for server cookies.
struct CookieSecrets {
  using Secret = std::array<uint8_t, 16>;
  Secret current{};
  std::optional<Secret> previous;  // its cookies are accepted and replaced
};

/// Makes the secrets from texts of 16 bytes; an empty `current` gives a random secret. All workers
/// must use the same secrets, because any of them may get the next query of a client.
[[nodiscard]] CookieSecrets make_cookie_secrets(const std::string& current,
                                                const std::string& previous);

/// Result of checking the COOKIE option of a query.
enum class CookieProof : uint8_t {
  None,     // there is only a client cookie
  Invalid,  // the server cookie is not ours, is too old, or belongs to another client
  Valid,    // the client receives packets at its address
};

/// Makes and checks interoperable server cookies of version 1: servers of any implementation that
/// share a secret accept each other's cookies.
/// Threads: const methods any. Cost: one or two SipHashes of 20 or 32 bytes; no allocation.
/// Source: RFC 9018 §4: version, reserved, timestamp, hash. A cookie is valid for one hour, is
/// renewed after half an hour, and may be at most 5 minutes in the future.
class ServerCookies {
 public:
  explicit ServerCookies(const CookieSecrets& secrets) noexcept : secrets_(secrets) {}

  /// Size of a client cookie with one of our server cookies, in bytes.
  static constexpr size_t kSize = 8 + 16;

  /// Checks the cookie of a query and writes that of the response: the client cookie, then the
  /// received server cookie, or a new one if the received one is missing, invalid or due for
  /// renewal. `now`: seconds since 1970, modulo 2^32. Requires: `cookie` has a valid size
  /// (dns::is_valid_cookie); `out` has `kSize` bytes and does not overlap `cookie`.
  CookieProof answer(Bytes cookie, const IpAddress& client, uint32_t now,
                     uint8_t* out) const noexcept;

 private:
  CookieSecrets secrets_;
};

}  // namespace inlet53::server
