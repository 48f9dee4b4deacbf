// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/result.h"

struct ssl_ctx_st;

namespace inlet53::net {

/// What every TLS connection that we accept has in common: certificate, private key, versions 1.2
/// and 1.3, the application protocols we speak, the keys of session tickets.
///
/// Immutable; a connection keeps what it needs of it alive. To take up a new certificate, load
/// another one and give it to the connections that come after.
/// Threads: const methods any. Source: RFC 8446, RFC 7301 (ALPN), RFC 9325 (recommendations).
class TlsServerContext {
 public:
  /// Loads PEM files: the certificate with its chain, leaf first, and its private key; further
  /// certificates with theirs, of other kinds of keys, may stand behind them.
  /// `protocols`: names for ALPN (`h2`, `http/1.1`), ours first; a client that offers none of them
  /// is refused, one that offers nothing is served. `previous`: whose tickets go on to be taken.
  /// Errors: for people, with the file's name.
  [[nodiscard]] static Result<TlsServerContext, std::string> load(
      const std::string& certificate_file, const std::string& key_file,
      const std::vector<std::string>& protocols, const TlsServerContext* previous = nullptr);
  ~TlsServerContext();
  TlsServerContext(TlsServerContext&&) noexcept;
  TlsServerContext& operator=(TlsServerContext&&) noexcept;

  /// OpenSSL's own, for the units of this module.
  [[nodiscard]] ssl_ctx_st* raw() const noexcept;

 private:
  struct Impl;
  explicit TlsServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What the TLS connections that we make have in common: whom they trust. Threads: const methods
/// any.
class TlsClientContext {
 public:
  /// Trusts the system's certificate authorities and, unless it is empty, those of a PEM file.
  /// Errors: for people, with the file's name.
  [[nodiscard]] static Result<TlsClientContext, std::string> make(const std::string& ca_file);
  ~TlsClientContext();
  TlsClientContext(TlsClientContext&&) noexcept;
  TlsClientContext& operator=(TlsClientContext&&) noexcept;

  /// OpenSSL's own, for the units of this module.
  [[nodiscard]] ssl_ctx_st* raw() const noexcept;

 private:
  struct Impl;
  explicit TlsClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
