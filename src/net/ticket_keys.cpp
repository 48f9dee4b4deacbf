// SPDX-License-Identifier: Apache-2.0
#include "ticket_keys.h"

#include <algorithm>
#include <utility>

#include "tls_error.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"

namespace inlet53::net {

namespace {

constexpr int kIvSize = 16;  // of AES-CBC

TicketKeys::Key make_random_key() {
  TicketKeys::Key key;
  require_tls(RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) == 1);
  require_tls(RAND_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) == 1);
  require_tls(RAND_bytes(key.mac.data(), static_cast<int>(key.mac.size())) == 1);
  return key;
}

void erase(TicketKeys::Key& key) { OPENSSL_cleanse(&key, sizeof key); }

int64_t monotonic_seconds() { return static_cast<int64_t>(read_clock().monotonic_ms / 1000); }

// Each context owns a reference to the keys; connections keep the context alive.
void free_share(void*, void* share, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<std::shared_ptr<TicketKeys>*>(share);
}

int keys_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_share);
  return index;
}

std::shared_ptr<TicketKeys>& share_of(SSL_CTX* context) {
  auto* const share =
      static_cast<std::shared_ptr<TicketKeys>*>(SSL_CTX_get_ex_data(context, keys_index()));
  INLET53_CHECK(share != nullptr);
  return *share;
}

bool set_mac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// Return values of SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 0: unknown ticket, 1: valid, 2: valid
// but needs a new ticket, -1: ends the handshake.
int on_ticket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int encrypts) noexcept {
  TicketKeys& keys = *share_of(SSL_get_SSL_CTX(connection));
  const int64_t now = monotonic_seconds();
  TicketKeys::Key newest = keys.current(now);
  int result = -1;
  if (encrypts != 0) {
    std::ranges::copy(newest.name, name);
    const bool ready =
        RAND_bytes(iv, kIvSize) == 1 &&
        EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), newest.cipher.data(), iv, nullptr) == 1 &&
        set_mac(mac, newest);
    if (ready) result = 1;
  } else if (auto key = keys.find(name, now)) {
    const bool ready =
        EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher.data(), iv, nullptr) == 1 &&
        set_mac(mac, *key);
    if (ready) result = key->name == newest.name ? 1 : 2;
    erase(*key);
  } else {
    result = 0;
  }
  erase(newest);
  return result;
}

}  // namespace

TicketKeys::TicketKeys() : current_(make_random_key()) {}

TicketKeys::~TicketKeys() {
  erase(current_);
  erase(previous_);
}

void TicketKeys::rotate(int64_t now) {
  if (!since_) since_ = now;
  const int64_t age = now - *since_;
  if (age < kEncryptSeconds) return;
  has_previous_ = age < 2 * kEncryptSeconds;
  erase(previous_);
  if (has_previous_) previous_ = current_;
  erase(current_);
  current_ = make_random_key();
  since_ = has_previous_ ? *since_ + kEncryptSeconds : now;
}

TicketKeys::Key TicketKeys::current(int64_t now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return current_;
}

std::optional<TicketKeys::Key> TicketKeys::find(const unsigned char* name, int64_t now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  const auto is = [name](const Key& key) {
    return std::equal(key.name.begin(), key.name.end(), name);
  };
  if (is(current_)) return current_;
  if (has_previous_ && is(previous_)) return previous_;
  return std::nullopt;
}

void use_ticket_keys(SSL_CTX* context, std::shared_ptr<TicketKeys> keys) {
  auto share = std::make_unique<std::shared_ptr<TicketKeys>>(std::move(keys));
  require_tls(SSL_CTX_set_ex_data(context, keys_index(), share.release()) == 1);
  require_tls(SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1);
}

std::shared_ptr<TicketKeys> ticket_keys_of(SSL_CTX* context) { return share_of(context); }

}  // namespace inlet53::net
