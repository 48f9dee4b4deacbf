// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/tls_context.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "certificate.h"
#include "tls_internal.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"

namespace inlet53::net {

namespace {

struct ContextDeleter {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

// Suites of TLS 1.2 with forward secrecy and AEAD only. Source: RFC 9325 §4.2.
constexpr const char* kCipherSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// Session id context of this program: OpenSSL resumes no session without one.
constexpr std::string_view kSessionContext = "inlet53";

Context new_context(const SSL_METHOD* method) {
  Context context(SSL_CTX_new(method));
  require_tls(context != nullptr);
  require_tls(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
  require_tls(SSL_CTX_set_cipher_list(context.get(), kCipherSuites) == 1);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  return context;
}

// Formats protocol names for ALPN: each follows its length. Source: RFC 7301 §3.1.
std::string alpn_list(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) {
    INLET53_CHECK(!protocol.empty() && protocol.size() <= UINT8_MAX);
    list += static_cast<char>(protocol.size());
    list += protocol;
  }
  return list;
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void* ours) noexcept {
  const auto& list = *static_cast<const std::string*>(ours);
  // OpenSSL's signature lacks a const: the result points into one of the two lists.
  auto* chosen = const_cast<unsigned char**>(out);
  const auto result =
      SSL_select_next_proto(chosen, out_size, reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned int>(list.size()), offered, offered_size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

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

// Removes the key of a certificate from `keys` and returns it; null when it is not there.
Key extract_key(X509* certificate, std::vector<Key>& keys) {
  for (Key& key : keys) {
    if (key != nullptr && X509_check_private_key(certificate, key.get()) == 1) {
      return std::move(key);
    }
  }
  static_cast<void>(pop_tls_error());  // the other keys do not match
  return nullptr;
}

// A certificate with a key is a server's own; those after it, up to the next one, are its chain.
// Reads each file once, so that certificates and keys match while the file is being replaced.
Result<void, std::string> use_files(SSL_CTX* context, const std::string& certificate_file,
                                    const std::string& key_file) {
  const auto certificates = read_pem_file(certificate_file);
  if (!certificates) return Unexpected(certificates.error());
  const auto leaf = parse_certificate(certificate_file, *certificates);
  if (!leaf) return Unexpected(leaf.error());
  const auto text = key_file == certificate_file ? certificates : read_pem_file(key_file);
  if (!text) return Unexpected(text.error());
  auto first_key = parse_key(key_file, *text);
  if (!first_key) return Unexpected(first_key.error());
  const auto unusable = [](const std::string& file, std::string_view what) {
    return Unexpected(concat(file, ": cannot be read as ", what, ": ", pop_tls_error()));
  };
  std::vector<Key> keys = parse_keys(*text);
  keys.erase(keys.begin());  // of the first certificate
  const std::vector<Certificate> all = parse_chain(*certificates);
  for (size_t i = 0; i < all.size(); ++i) {
    const Key key = i == 0 ? std::move(*first_key) : extract_key(all[i].get(), keys);
    if (key == nullptr) {
      if (SSL_CTX_add1_chain_cert(context, all[i].get()) == 1) continue;
      return unusable(certificate_file, "a chain of certificates");
    }
    if (SSL_CTX_use_certificate(context, all[i].get()) != 1) {
      return unusable(certificate_file, "a certificate");
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
      return unusable(key_file, concat("the private key of ", certificate_file));
    }
  }
  return {};
}

void free_list(void*, void* list, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<std::string*>(list);
}

}  // namespace

//--- TlsServerContext

struct TlsServerContext::Impl {
  Context context = new_context(TLS_server_method());
  // The selection callback reads it while a connection exists; OpenSSL frees it at the end.
  static int list_index();
};

int TlsServerContext::Impl::list_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_list);
  return index;
}

Result<TlsServerContext, std::string> TlsServerContext::load(
    const std::string& certificate_file, const std::string& key_file,
    const std::vector<std::string>& protocols, const TlsServerContext* previous) {
  auto impl = std::make_unique<Impl>();
  SSL_CTX* context = impl->context.get();
  if (auto used = use_files(context, certificate_file, key_file); !used) {
    return Unexpected(used.error());
  }
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  require_tls(SSL_CTX_set_session_id_context(
                  context, reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                  kSessionContext.size()) == 1);
  // Tickets carry the session: a cache here would only hold sessions of clients that do not return.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  use_ticket_keys(context, previous == nullptr ? std::make_shared<TicketKeys>()
                                               : ticket_keys_of(previous->raw()));
  if (!protocols.empty()) {
    auto list = std::make_unique<std::string>(alpn_list(protocols));
    SSL_CTX_set_alpn_select_cb(context, select_protocol, list.get());
    require_tls(SSL_CTX_set_ex_data(context, Impl::list_index(), list.release()) == 1);
  }
  return TlsServerContext(std::move(impl));
}

TlsServerContext::TlsServerContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServerContext::~TlsServerContext() = default;
TlsServerContext::TlsServerContext(TlsServerContext&&) noexcept = default;
TlsServerContext& TlsServerContext::operator=(TlsServerContext&&) noexcept = default;
ssl_ctx_st* TlsServerContext::raw() const noexcept { return impl_->context.get(); }

//--- TlsClientContext

struct TlsClientContext::Impl {
  Context context = new_context(TLS_client_method());
};

Result<TlsClientContext, std::string> TlsClientContext::make(const std::string& ca_file) {
  auto impl = std::make_unique<Impl>();
  SSL_CTX* context = impl->context.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // On a machine without the usual certificate store, only those of the file are trusted.
  SSL_CTX_set_default_verify_paths(context);
  if (!ca_file.empty() && SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return Unexpected(
        concat(ca_file, ": cannot be read as certificate authorities: ", pop_tls_error()));
  }
  return TlsClientContext(std::move(impl));
}

TlsClientContext::TlsClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClientContext::~TlsClientContext() = default;
TlsClientContext::TlsClientContext(TlsClientContext&&) noexcept = default;
TlsClientContext& TlsClientContext::operator=(TlsClientContext&&) noexcept = default;
ssl_ctx_st* TlsClientContext::raw() const noexcept { return impl_->context.get(); }

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

std::string pop_tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

void require_tls(bool worked) {
  if (!worked) throw std::runtime_error(concat("OpenSSL fails: ", pop_tls_error()));
}

}  // namespace inlet53::net
