// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <openssl/ssl.h>

namespace inlet53::net {

/// Returns the first error text in OpenSSL's queue of this thread, and empties the queue.
[[nodiscard]] std::string pop_tls_error();

/// Throws std::runtime_error with that text when `worked` is false. For OpenSSL calls that fail
/// only for lack of memory or random bytes.
void require_tls(bool worked);

/// Keys that encrypt session tickets, for all contexts of a server. A key encrypts for 12 hours,
/// and decrypts for another 12 hours. Then it is erased, so that recorded connections cannot be
/// decrypted later. A session lasts 2 hours (OpenSSL's default). Threads: any. Source: RFC 5077 §4
/// and §5.5, RFC 9325 §7.4.
class TicketKeys {
 public:
  static constexpr int64_t kEncryptSeconds = int64_t{12} * 3600;

  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};  // AES-256-CBC
    std::array<unsigned char, 32> mac{};     // HMAC-SHA-256
  };

  TicketKeys();
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  /// Returns the key for encryption. `now`: seconds on a monotonic clock.
  [[nodiscard]] Key current(int64_t now);
  /// Returns the key of a ticket; absent when it is too old or unknown.
  [[nodiscard]] std::optional<Key> find(const unsigned char* name, int64_t now);

 private:
  void rotate(int64_t now);

  std::mutex mutex_;  // guards the members below
  Key current_;
  Key previous_;
  bool has_previous_ = false;
  std::optional<int64_t> since_;  // that `current_` is in use
};

/// Makes a context encrypt its tickets with these keys. The context keeps them.
void use_ticket_keys(SSL_CTX* context, std::shared_ptr<TicketKeys> keys);
/// Returns the keys of a context. Requires: `use_ticket_keys` was called for it.
[[nodiscard]] std::shared_ptr<TicketKeys> ticket_keys_of(SSL_CTX* context);

}  // namespace inlet53::net
