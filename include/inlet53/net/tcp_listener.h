// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// Client of one connection, which owns it. Each function runs on the loop's thread. It may call
/// anything on the connection, and must not destroy the listener.
///
/// Lifetime: `closed` is the last call. Then the connection destroys its client, after every
/// function of the client has returned, and itself. A client may use its connection until then.
class TcpClient {
 public:
  TcpClient() = default;
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  virtual ~TcpClient() = default;

  /// Bytes arrived: `stream` holds all bytes not yet consumed, the oldest first. Returns the number
  /// of consumed bytes. The next call contains the others again. A client that stops early because
  /// the connection is `congested` gets them again after the congestion.
  virtual size_t received(Bytes stream) = 0;
  /// The peer has sent FIN: nothing more arrives. Returns true when the client has more responses
  /// to make; then the client ends the connection with `close_after_send`. Otherwise the connection
  /// closes after the queued bytes are sent. Default: false.
  virtual bool owes_responses() { return false; }
  /// The peer has read all queued bytes (`unsent` is 0 again): the connection is not congested.
  virtual void caught_up() {}
  /// The timeout has passed. Returns true when the client ends the connection itself with
  /// `close_after_send`. Otherwise the connection is closed. Default: false.
  virtual bool timed_out() { return false; }
  /// The listener drains: it accepts no more connections, and this one should end soon.
  virtual void drain() {}
  /// The peer, a timeout, an error or `close` ended the connection.
  virtual void closed() {}
};

/// Accepted connection: a byte stream with bounded memory.
///
/// Keeps no buffer while no bytes wait. Keeps at most `kMaxStream` bytes that the client has not
/// consumed; it closes when the client consumes none of so many, unless it is paused. Keeps about
/// `max_unsent` bytes that the peer has not read. Beyond that it is congested and reads nothing
/// until all of them are sent. It closes when the peer reads none for the write timeout. A
/// half-closed peer (FIN) still gets its responses.
class TcpConnection {
 public:
  /// A DNS message of 65535 bytes with its length field, the longest message on a stream. Source:
  /// RFC 1035 §4.2.2.
  static constexpr size_t kMaxStream = 65537;

  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  /// Queues bytes. During `received` they are collected and go out in one write at its end (or at
  /// each 64 KiB). Otherwise they are written at once, and the part that the socket does not accept
  /// is copied. Never calls `closed`: an error ends the connection in a later turn of the loop.
  void send(Bytes bytes);
  /// Returns true when the peer reads so slowly that the client should make no more responses.
  [[nodiscard]] bool congested() const noexcept;
  /// Returns the number of bytes that the peer has not read.
  [[nodiscard]] size_t unsent() const noexcept;
  /// Returns the total time in milliseconds in which such bytes waited.
  [[nodiscard]] uint64_t waited_ms() const noexcept;
  /// Pauses delivery to the client. Reading stops when some bytes are unconsumed, so that a slow or
  /// stopped client uses no more memory than those. Ends with `resume`.
  void pause();
  /// Continues delivery and reading in a later turn of the loop, with the unconsumed bytes first.
  void resume();
  /// Accepts no more bytes. Sends the queued bytes, then FIN. Ends in a later turn of the loop,
  /// when the peer has also sent FIN or after 2 s. Drops bytes that arrive meanwhile.
  void close_after_send();
  /// Ends now and discards queued bytes. Inside a callback of the connection, the client's `closed`
  /// follows after that callback; otherwise connection and client are destroyed when this returns.
  void close();

  /// Starts or restarts the timeout after which the connection is closed. The client uses it for
  /// idle connections and for the first query. 0 stops it. Cost: two stores while the timeout only
  /// moves later.
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
    uint32_t max_connections = 10000;            // above it, a new connection is closed at once
    uint32_t max_connections_per_client = 1000;  // the same, for each source address
    uint32_t max_unsent = 256U << 10;            // waiting bytes before reading stops
    uint32_t write_timeout_ms = 10000;           // closes when the peer reads nothing for this time
  };
  struct Counts {
    uint64_t accepted = 0;  // accepted by the kernel, refused ones included
    uint64_t refused = 0;   // over a limit, or not authorized
    uint64_t open = 0;
  };
  /// Makes the client of each connection within the limits. Null closes the connection at once (for
  /// a source that the filter could not check). May set the timeout.
  using Accept = std::function<std::unique_ptr<TcpClient>(TcpConnection&)>;

  /// Listens on `socket` (bound, see open_tcp) and owns it. When accept fails for lack of
  /// descriptors or memory (EMFILE), it pauses for 100 ms.
  TcpListener(Loop& loop, Descriptor socket, const Options& options, Accept accept);
  /// Closes the listening socket and every connection (calls each client's `closed`). Requires: not
  /// called inside one of its callbacks.
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  /// Closes the listening socket. Existing connections continue until they end or the listener is
  /// destroyed.
  void stop_accepting();
  /// Stops accepting and calls each client's `drain`. Requires: as the destructor.
  void drain();
  [[nodiscard]] const Counts& counts() const noexcept;
  /// Returns the listening socket, for its filter; -1 after `stop_accepting`.
  [[nodiscard]] int descriptor() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
