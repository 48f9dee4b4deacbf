// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "inlet53/base/bytes.h"
#include "inlet53/base/cidr.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// Serves one connection, which owns it. Each function runs on the loop's thread. It may call
/// anything on the connection, and may not destroy the listener.
///
/// Lifetime: `closed` is the last call. Then the connection destroys its client, after every
/// function of the client has returned, and itself. A client may use its connection until then.
class TcpClient {
 public:
  TcpClient() = default;
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  virtual ~TcpClient() = default;

  /// Octets arrived: `stream` holds every octet not yet consumed, from the oldest on. Returns how
  /// many of them are done with; the rest comes again with what arrives next. A client that stops
  /// early because the connection is `congested` gets the rest again when it no longer is.
  virtual size_t received(Bytes stream) = 0;
  /// The peer has sent its FIN: nothing more arrives. Returns whether responses are still to be
  /// made; the client then ends the connection itself by `close_after_send`. Otherwise it closes
  /// when what was queued is sent. By default: none.
  virtual bool owes_responses() { return false; }
  /// The peer has read all that waited (`unsent` is 0 again): the connection is not congested.
  virtual void caught_up() {}
  /// The timeout has come. Returns whether the client ends the connection itself, in order, by
  /// `close_after_send`; otherwise it is closed, which is the default.
  virtual bool timed_out() { return false; }
  /// The listener drains: no other connection comes, and this one is to end soon.
  virtual void drain() {}
  /// The peer, a timeout, an error or `close` ended the connection.
  virtual void closed() {}
};

/// One accepted connection: a byte stream with bounded memory.
///
/// Keeps no buffer while nothing waits, at most `kMaxStream` octets that its client has not
/// consumed (it closes when its client takes none of so many, unless it is paused) and about
/// `max_unsent` that the peer has not read: over that it is congested and reads nothing until all
/// of them are sent; it closes when the peer takes none for the write timeout. A half-closed peer
/// (FIN) still gets what is owed.
class TcpConnection {
 public:
  /// A DNS message of 65535 octets with its length field, the longest thing a stream must hold.
  /// Source: RFC 1035 §4.2.2.
  static constexpr size_t kMaxStream = 65537;

  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  /// Queues octets. During `received` they are gathered and go out in one write at its end (or at
  /// each 64 KiB); else they are written at once and copied as far as the socket does not take
  /// them. Never calls `closed` itself: an error ends the connection in a later turn of the loop.
  void send(Bytes octets);
  /// Tells whether the peer reads so slowly that the client should make no more responses.
  [[nodiscard]] bool congested() const noexcept;
  /// Bytes that wait for the peer to read.
  [[nodiscard]] size_t unsent() const noexcept;
  /// Milliseconds for which bytes have waited so, all together.
  [[nodiscard]] uint64_t waited_ms() const noexcept;
  /// Takes no octets for now: once some are left that the client has not consumed, nothing more is
  /// read, and a slow or stopped client costs no more than those. Ends with `resume`.
  void pause();
  /// What was left comes again, in a later turn of the loop, and reading goes on.
  void resume();
  /// Takes no more; what waits is sent, then FIN. It ends, in a later turn of the loop at the
  /// earliest, when the peer has sent FIN, too, or 2 s later: what comes meanwhile is dropped.
  void close_after_send();
  /// Ends now, and forgets what waits. Inside a function that the connection calls, the client's
  /// `closed` comes after it; else connection and client are gone when this returns.
  void close();

  /// (Re)starts the timeout after which the connection is closed: the client's idle and first-query
  /// rule. 0 stops it. Cost: two stores while the timeout only moves on.
  void set_timeout(uint64_t milliseconds);

  [[nodiscard]] const SocketAddress& peer() const noexcept;

 private:
  friend class TcpListener;
  struct Impl;
  explicit TcpConnection(std::unique_ptr<Impl> impl);
  ~TcpConnection();
  std::unique_ptr<Impl> impl_;
};

/// Accepts connections on one listening socket and owns them. Threads: the loop's.
class TcpListener {
 public:
  struct Options {
    uint32_t backlog = 1024;
    uint32_t max_connections = 10000;            // over it, a new connection is closed at once
    uint32_t max_connections_per_client = 1000;  // the same, for each source address
    uint32_t max_unsent = 256U << 10;            // octets waiting before reading stops
    uint32_t write_timeout_ms = 10000;           // a reader that takes nothing for so long
  };
  struct Counts {
    uint64_t accepted = 0;  // all that the kernel handed over, the refused too
    uint64_t refused = 0;   // over a limit, or not admitted
    uint64_t open = 0;
  };
  /// Makes the client of each connection within the limits; null closes the connection at once (a
  /// source that the filter could not tell). May set the timeout.
  using Accept = std::function<std::unique_ptr<TcpClient>(TcpConnection&)>;

  /// Listens on `socket` (bound, see open_tcp) and takes it over. When accepting fails for want of
  /// descriptors or memory (EMFILE), it pauses for 100 ms instead of spinning.
  TcpListener(Loop& loop, Descriptor socket, const Options& options, Accept accept);
  /// Closes the listening socket and every connection (each client gets its `closed`).
  /// Requires: not called inside one of its callbacks.
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  /// Closes the listening socket; connections that stand go on until they end or the listener is
  /// destroyed.
  void stop_accepting();
  /// Stops accepting and calls each client's `drain`. Requires: as the destructor.
  void drain();
  [[nodiscard]] const Counts& counts() const noexcept;
  /// The listening socket, for its filter; -1 after `stop_accepting`.
  [[nodiscard]] int descriptor() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
