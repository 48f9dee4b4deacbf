#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "inlet53/base/result.h"

/// Certificates and keys of OpenSSL, as values with an owner, and their PEM files.
namespace inlet53::net {

struct CertificateDeleter {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

/// A new ECDSA key on P-256: what TLS signs fastest with.
[[nodiscard]] Key make_key();

/// What a new certificate is to say.
struct CertificateContent {
  std::string common_name;
  std::vector<std::string> names;  // DNS names, IP addresses; empty for an authority
  int64_t valid_seconds = 0;
  bool authority = false;
};

/// Makes a certificate for `key`, signed by `issuer_key`; without `issuer` it is its own.
[[nodiscard]] Certificate make_certificate(const CertificateContent& content, EVP_PKEY* key,
                                           const X509* issuer, EVP_PKEY* issuer_key);

/// Reading PEM files. Errors: for people, with the file's name.
[[nodiscard]] Result<Certificate, std::string> load_certificate(const std::string& file);
[[nodiscard]] Result<Key, std::string> load_key(const std::string& file);

[[nodiscard]] std::string certificate_pem(X509* certificate);
[[nodiscard]] std::string key_pem(EVP_PKEY* key);

}  // namespace inlet53::net
