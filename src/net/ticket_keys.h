// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include <openssl/ssl.h>

namespace inlet53::net {

/// The keys that session tickets are encrypted with, for all contexts of a server. A key encrypts
/// for 12 hours, and then decrypts for 12 hours more; after that it is erased, and with it what a
/// recorded connection could be decrypted by. A session itself lasts for 2 hours (OpenSSL's
/// default). Threads: any. Source: RFC 5077 §4 and §5.5, RFC 9325 §7.4.
class TicketKeys {
 public:
  static constexpr int64_t kEncryptSeconds = 12 * 3600;

  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};  // AES-256-CBC
    std::array<unsigned char, 32> mac{};     // HMAC-SHA-256
  };

  TicketKeys();
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  /// The key to encrypt with. `now`: seconds on any clock that does not go back.
  [[nodiscard]] Key current(int64_t now);
  /// The key of a ticket; absent: it is too old, or was never ours.
  [[nodiscard]] std::optional<Key> find(const unsigned char* name, int64_t now);

 private:
  void rotate(int64_t now);

  std::mutex mutex_;  // guards what follows
  Key current_;
  Key previous_;
  bool has_previous_ = false;
  std::optional<int64_t> since_;  // that `current_` is in use
};

/// Has a context encrypt its tickets with these keys, which it keeps.
void use_ticket_keys(SSL_CTX* context, std::shared_ptr<TicketKeys> keys);
/// The keys that a context uses. Requires: `use_ticket_keys` gave it some.
[[nodiscard]] std::shared_ptr<TicketKeys> ticket_keys_of(SSL_CTX* context);

}  // namespace inlet53::net
