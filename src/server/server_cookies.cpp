// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/server_cookies.h"

#include <cstring>

#include <sodium.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/dns/edns_options.h"

namespace inlet53::server {

namespace {

using Secret = CookieSecrets::Secret;

constexpr size_t kHash = crypto_shorthash_BYTES;
// Size of the hash input before the address: client cookie, version, reserved, timestamp.
constexpr size_t kHashedHead = dns::kClientCookie + 8;
constexpr size_t kTimestampAt = dns::kClientCookie + 4;
constexpr uint8_t kVersion = 1;
static_assert(kHashedHead + kHash == ServerCookies::kSize);
static_assert(sizeof(Secret) == crypto_shorthash_KEYBYTES);

// RFC 9018 §4.4: SipHash-2-4 of client cookie, version, reserved, timestamp and client address. The
// reserved bytes are those of the cookie.
void write_hash(const uint8_t* head, const IpAddress& client, const Secret& secret,
                uint8_t* out) noexcept {
  std::array<uint8_t, kHashedHead + 16> hashed{};
  const Bytes address = client.bytes();
  std::memcpy(hashed.data(), head, kHashedHead);
  std::memcpy(hashed.data() + kHashedHead, address.data(), address.size());
  crypto_shorthash(out, hashed.data(), kHashedHead + address.size(), secret.data());
}

bool is_made_with(const Secret& secret, Bytes cookie, const IpAddress& client) noexcept {
  std::array<uint8_t, kHash> hash{};
  write_hash(cookie.data(), client, secret, hash.data());
  // Compares in constant time.
  return sodium_memcmp(hash.data(), cookie.data() + kHashedHead, kHash) == 0;
}

Secret secret_of(const std::string& octets) {
  Secret secret;
  INLET53_CHECK(octets.size() == secret.size());
  std::memcpy(secret.data(), octets.data(), secret.size());
  return secret;
}

}  // namespace

CookieSecrets make_cookie_secrets(const std::string& current, const std::string& previous) {
  CookieSecrets secrets;
  if (current.empty()) {
    INLET53_CHECK(getentropy(secrets.current.data(), secrets.current.size()) == 0);
  } else {
    secrets.current = secret_of(current);
  }
  if (!previous.empty()) secrets.previous = secret_of(previous);
  return secrets;
}

CookieProof ServerCookies::answer(Bytes cookie, const IpAddress& client, uint32_t now,
                                  uint8_t* out) const noexcept {
  constexpr int32_t kOldest = 3600;
  constexpr int32_t kRenewed = 1800;
  constexpr int32_t kFromTheFuture = -300;
  CookieProof proof = CookieProof::None;
  if (cookie.size() > dns::kClientCookie) {
    proof = CookieProof::Invalid;
    if (cookie.size() == kSize && cookie[dns::kClientCookie] == kVersion) {
      // RFC 1982 arithmetic: the seconds overflow in 2106.
      const auto age = static_cast<int32_t>(now - load_be32(&cookie[kTimestampAt]));
      if (age >= kFromTheFuture && age <= kOldest) {
        const bool ours = is_made_with(secrets_.current, cookie, client);
        if (ours && age <= kRenewed) {
          std::memcpy(out, cookie.data(), kSize);
          return CookieProof::Valid;
        }
        if (ours || (secrets_.previous && is_made_with(*secrets_.previous, cookie, client))) {
          proof = CookieProof::Valid;
        }
      }
    }
  }
  std::memcpy(out, cookie.data(), dns::kClientCookie);
  store_be32(out + dns::kClientCookie, uint32_t{kVersion} << 24);
  store_be32(out + kTimestampAt, now);
  write_hash(out, client, secrets_.current, out + kHashedHead);
  return proof;
}

}  // namespace inlet53::server
