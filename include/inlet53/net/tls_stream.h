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
  /// Ciphertext for the peer. It is copied or sent before this returns.
  virtual void send_ciphertext(Bytes octets) = 0;
  /// Plaintext arrived: `stream` holds every octet not yet consumed, oldest first, 16 KiB and a
  /// rest at most. Returns how many are done with.
  virtual size_t received_plaintext(Bytes stream) = 0;
  /// Whether no plaintext is wanted now. What has come stays ciphertext until `received` is called
  /// again.
  [[nodiscard]] virtual bool wants_no_plaintext() const = 0;

 protected:
  ~TlsStreamOwner() = default;
};

/// What a client keeps of a connection so that the next one to the same server is made with less
/// work (RFC 8446 §2.2, RFC 5077). Empty, or taken from a stream.
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
  /// OpenSSL's own, for the units of this module.
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
    Ended,   // the peer said close_notify
    Failed,  // a broken handshake or record; an alert has been sent
  };

  /// The server's side. Lifetime: `owner` outlives it; the context may go.
  TlsStream(const TlsServerContext& context, TlsStreamOwner& owner);
  /// The client's side: `host` is what the certificate must be for, a name (sent as SNI) or an
  /// address; empty: for anything. The handshake begins with `begin`.
  TlsStream(const TlsClientContext& context, const std::string& host, TlsStreamOwner& owner);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Offers to go on with an earlier connection's session. Requires: a client, before `begin`, with
  /// the context and the host of that connection.
  void offer(const TlsSession& session);
  /// The session to be offered next; empty while the server has given none (in TLS 1.3 it comes
  /// after the handshake). Requires: a client.
  [[nodiscard]] TlsSession session() const;

  /// The client's first octets go out.
  void begin();
  /// Ciphertext arrived: `stream` holds every octet not yet consumed. Returns how many are done
  /// with: all, unless the owner wants no plaintext. An empty one hands out what was left before.
  size_t received(Bytes stream);
  /// Encrypts and sends. Requires: Open, or Ended (the peer may still read).
  void send(Bytes plaintext);
  /// Gives the buffers for records back, some 34 KiB, until there is one again: for a connection
  /// that has been idle for a while. To do so after each record would cost more than the rest of
  /// it.
  void release_buffers();
  /// Says close_notify: nothing more will be sent.
  void end();

  [[nodiscard]] State state() const noexcept;
  /// Returns the protocol that ALPN selected; empty when there is none. Lifetime: the stream's.
  [[nodiscard]] std::string_view protocol() const noexcept;
  /// `ECDHE-RSA-AES128-GCM-SHA256`, `TLS_AES_128_GCM_SHA256`; empty before the handshake's end.
  [[nodiscard]] std::string_view cipher_suite() const noexcept;
  /// `TLSv1.3`.
  [[nodiscard]] std::string_view version() const noexcept;
  [[nodiscard]] bool resumed() const noexcept;
  /// Why it failed, for a log; empty when it did not.
  [[nodiscard]] const std::string& error() const noexcept;
  /// OpenSSL's own, for the units of this module.
  [[nodiscard]] ssl_st* raw() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
