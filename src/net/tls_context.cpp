// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/tls_context.h"

#include <cstdint>
#include <utility>

#include "certificate.h"
#include "ticket_keys.h"
#include "tls_error.h"
#include <openssl/ssl.h>

#include "inlet53/base/check.h"
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

}  // namespace

//--- TlsServerContext

struct TlsServerContext::Impl {
  Context context = new_context(TLS_server_method());
  // The selection callback reads it while a connection exists; OpenSSL frees it at the end.
  static int list_index();
};

namespace {

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

}  // namespace inlet53::net
