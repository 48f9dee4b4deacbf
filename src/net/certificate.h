// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/net/certificate_authority.h"

/// Certificates and keys of OpenSSL as values, and their PEM files.
namespace inlet53::net {

struct CertificateDeleter {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

/// Parses the certificates and the private keys of a PEM text, in its order.
[[nodiscard]] std::vector<Certificate> parse_chain(std::string_view pem);
[[nodiscard]] std::vector<Key> parse_keys(std::string_view pem);

/// Makes an ECDSA key on P-256, the fastest type for TLS signatures.
[[nodiscard]] Key make_key();
/// Makes an RSA key of 2048 bits, for clients without ECDSA. Cost: about 100 ms.
[[nodiscard]] Key make_rsa_key();

/// Content of a new certificate. With constraints it is a certificate of an authority.
struct CertificateContent {
  std::string common_name;
  std::vector<std::string> names;  // DNS names, IP addresses; empty for an authority
  std::string constraints;         // of an authority, see `constraints_text`
  int64_t not_before = 0;          // seconds since 1970-01-01T00:00:00Z
  int64_t not_after = 0;
};

/// Makes a certificate for `key`, signed by `issuer_key`; without `issuer` it is self-signed.
[[nodiscard]] Certificate make_certificate(const CertificateContent& content, EVP_PKEY* key,
                                           const X509* issuer, EVP_PKEY* issuer_key);

/// Reads a PEM file of at most 1 MiB. Errors: a text with the file's name.
[[nodiscard]] Result<std::string, std::string> read_pem_file(const std::string& file);

/// Parses the first certificate or private key of a PEM text. `file`: its name, for the error text.
[[nodiscard]] Result<Certificate, std::string> parse_certificate(const std::string& file,
                                                                 std::string_view pem);
[[nodiscard]] Result<Key, std::string> parse_key(const std::string& file, std::string_view pem);

[[nodiscard]] std::string certificate_pem(X509* certificate);
[[nodiscard]] std::string key_pem(EVP_PKEY* key);

/// Returns the DNS names and IP addresses of a certificate, in its order.
[[nodiscard]] std::vector<std::string> alternative_names(const X509* certificate);

/// Returns the common name; empty when there is none.
[[nodiscard]] std::string common_name(const X509* certificate);

/// Returns the limits of the validity, in seconds since 1970-01-01T00:00:00Z.
[[nodiscard]] int64_t not_before(const X509* certificate);
[[nodiscard]] int64_t not_after(const X509* certificate);

[[nodiscard]] CertificateSummary summary_of(const X509* certificate);

/// Names that an authority may certify: DNS names at and below each domain, and single addresses.
/// Other domains are not permitted. An address family without a permitted address is excluded
/// completely, because a list of domains alone would permit every address.
/// Source: RFC 5280 §4.2.1.10.
struct PermittedNames {
  std::set<std::string> domains;
  std::set<IpAddress> addresses;

  /// Permits the names of a certificate: DNS names (without `*.`) and IP addresses.
  void add(const std::vector<std::string>& names);
  /// Returns true when this permits all of `other`.
  [[nodiscard]] bool covers(const PermittedNames& other) const;
  /// Returns the domains, then the addresses, as texts.
  [[nodiscard]] std::vector<std::string> to_texts() const;

  friend bool operator==(const PermittedNames&, const PermittedNames&) = default;
};

/// Returns the value of the extension in OpenSSL's configuration syntax (x509v3_config(5)).
/// Requires: there is a domain.
[[nodiscard]] std::string constraints_text(const PermittedNames& permitted);

/// Returns the constraints of an authority; absent unless they are critical and have the form of
/// `constraints_text`.
[[nodiscard]] std::optional<PermittedNames> read_constraints(const X509* authority);

}  // namespace inlet53::net
