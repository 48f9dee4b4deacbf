// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "inlet53/base/bytes.h"
#include "inlet53/net/tls_context.h"

struct ssl_st;
struct ssl_session_st;

namespace inlet53::net {

/// Callbacks of a TLS stream to the connection that owns it.
class TlsStreamOwner {
 public:
  /// Sends ciphertext to the peer. Copies or sends it before this returns.
  virtual void send_ciphertext(Bytes bytes) = 0;
  /// Plaintext arrived: `stream` holds all bytes not yet consumed, the oldest first, at most 16 KiB
  /// plus a remainder. Returns the number of consumed bytes.
  virtual size_t received_plaintext(Bytes stream) = 0;
  /// Returns true while the owner accepts no plaintext. Ciphertext is then kept until the next call
  /// of `received`.
  [[nodiscard]] virtual bool wants_no_plaintext() const = 0;

 protected:
  ~TlsStreamOwner() = default;
};

/// State of a TLS session that a client keeps, so that the next connection to the same server needs
/// a shorter handshake (RFC 8446 §2.2, RFC 5077). Empty, or obtained from a stream.
class TlsSession {
 public:
  TlsSession() = default;
  explicit TlsSession(ssl_session_st* session) noexcept : session_(session) {}
  ~TlsSession();
  TlsSession(TlsSession&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  TlsSession& operator=(TlsSession&& other) noexcept {
    std::swap(session_, other.session_);
    return *this;
  }
  [[nodiscard]] bool empty() const noexcept { return session_ == nullptr; }
  /// Returns OpenSSL's session, for the sources of this module.
  [[nodiscard]] ssl_session_st* raw() const noexcept { return session_; }

 private:
  ssl_session_st* session_ = nullptr;
};

/// Encrypts and decrypts one TLS connection. It has no socket and no clock. Threads: one at a time.
///
///   ciphertext ──received──► OpenSSL ──received_plaintext──► owner
///   owner ──send──► OpenSSL ──send_ciphertext──► owner
class TlsStream {
 public:
  enum class State : uint8_t {
    Handshaking,
    Open,
    Ended,   // the peer sent close_notify
    Failed,  // a broken handshake or record; an alert has been sent
  };

  /// Makes the server's side. Lifetime: `owner` outlives it; the context need not.
  TlsStream(const TlsServerContext& context, TlsStreamOwner& owner);
  /// Makes the client's side. `host`: the name (sent as SNI) or address that the certificate must
  /// contain; empty: any. The handshake starts with `begin`.
  TlsStream(const TlsClientContext& context, const std::string& host, TlsStreamOwner& owner);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Offers to resume the session of an earlier connection. Requires: a client, before `begin`,
  /// with the context and host of that connection.
  void offer(const TlsSession& session);
  /// Returns the session to offer next; empty until the server has sent one (in TLS 1.3 after the
  /// handshake). Requires: a client.
  [[nodiscard]] TlsSession session() const;

  /// Sends the client's first bytes.
  void begin();
  /// Ciphertext arrived: `stream` holds all bytes not yet consumed. Returns the number of consumed
  /// bytes: all, unless the owner accepts no plaintext. An empty `stream` delivers plaintext that
  /// was kept before.
  size_t received(Bytes stream);
  /// Encrypts and sends. Requires: Open, or Ended (the peer may still read).
  void send(Bytes plaintext);
  /// Frees the record buffers, about 34 KiB, until the next record. For a connection that has been
  /// idle for a while: after each record this would cost more than processing the record.
  void release_buffers();
  /// Sends close_notify. Nothing is sent after it.
  void end();

  [[nodiscard]] State state() const noexcept;
  /// Returns the protocol that ALPN selected; empty when there is none. Lifetime: the stream's.
  [[nodiscard]] std::string_view protocol() const noexcept;
  /// Returns `ECDHE-RSA-AES128-GCM-SHA256` or `TLS_AES_128_GCM_SHA256`; empty before the end of the
  /// handshake.
  [[nodiscard]] std::string_view cipher_suite() const noexcept;
  /// Returns the protocol version, `TLSv1.3`.
  [[nodiscard]] std::string_view version() const noexcept;
  [[nodiscard]] bool resumed() const noexcept;
  /// Returns the reason of a failure, for a log; empty when there is none.
  [[nodiscard]] const std::string& error() const noexcept;
  /// Returns OpenSSL's connection, for the sources of this module.
  [[nodiscard]] ssl_st* raw() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
