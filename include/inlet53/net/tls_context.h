// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/result.h"

struct ssl_ctx_st;

namespace inlet53::net {

/// Common settings of accepted TLS connections: certificate, private key, versions 1.2 and 1.3,
/// application protocols, and the keys of session tickets.
///
/// Immutable. Connections keep the parts alive that they need. To change the certificate, load a
/// new context and use it for later connections.
/// Threads: const methods any. Source: RFC 8446, RFC 7301 (ALPN), RFC 9325 (recommendations).
class TlsServerContext {
 public:
  /// Loads PEM files: the certificate with its chain, leaf first, and its private key. Further
  /// certificates with keys of other types may follow.
  /// `protocols`: names for ALPN (`h2`, `http/1.1`), in order of preference. A client that offers
  /// only other protocols is refused; a client that offers none is served. `previous`: the context
  /// whose session tickets stay valid; may be null.
  /// Errors: a text with the file's name.
  [[nodiscard]] static Result<TlsServerContext, std::string> load(
      const std::string& certificate_file, const std::string& key_file,
      const std::vector<std::string>& protocols, const TlsServerContext* previous = nullptr);
  ~TlsServerContext();
  TlsServerContext(TlsServerContext&&) noexcept;
  TlsServerContext& operator=(TlsServerContext&&) noexcept;

  /// Returns OpenSSL's context, for the sources of this module.
  [[nodiscard]] ssl_ctx_st* raw() const noexcept;

 private:
  struct Impl;
  explicit TlsServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Common settings of outgoing TLS connections: the trusted authorities. Threads: const methods
/// any.
class TlsClientContext {
 public:
  /// Trusts the system's certificate authorities and those of a PEM file, unless it is empty.
  /// Errors: a text with the file's name.
  [[nodiscard]] static Result<TlsClientContext, std::string> make(const std::string& ca_file);
  ~TlsClientContext();
  TlsClientContext(TlsClientContext&&) noexcept;
  TlsClientContext& operator=(TlsClientContext&&) noexcept;

  /// Returns OpenSSL's context, for the sources of this module.
  [[nodiscard]] ssl_ctx_st* raw() const noexcept;

 private:
  struct Impl;
  explicit TlsClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
