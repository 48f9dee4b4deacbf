// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// The process at the other end of a Unix socket when it connected. Source: unix(7), SO_PEERCRED
/// and SO_PEERGROUPS.
struct PeerUser {
  uint32_t uid = 0;
  std::vector<uint32_t> groups;  // the effective one first, then the supplementary ones
};

/// Receiver of the bytes and events of one connection, which owns it. All functions run on the
/// thread of the loop. They may call any function of the connection, but must not destroy the
/// listener.
///
/// Lifetime: the connection calls `closed` last. After all functions have returned, it destroys its
/// client, and then itself. A client may use its connection in its own destructor.
class TcpClient {
 public:
  TcpClient() = default;
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  virtual ~TcpClient() = default;

  /// Receives bytes: `stream` has all bytes that the client has not consumed, the oldest first.
  /// Returns the number of bytes that the client has consumed now. The next call has the others
  /// again. If the client has stopped because the connection is `congested`, that call follows the
  /// congestion.
  virtual size_t received(Bytes stream) = 0;
  /// The peer has sent FIN: no more bytes will arrive. Returns true if the client will send more
  /// responses and then calls `close_after_send`. If it returns false, the connection closes when
  /// the queued bytes are sent. Default: false.
  virtual bool owes_responses() { return false; }
  /// The socket has accepted all queued bytes (`unsent` is 0 again): the connection is not
  /// congested.
  virtual void caught_up() {}
  /// The timeout has passed. Returns true if the client closes the connection itself, with
  /// `close_after_send`. If it returns false, the connection closes now. Default: false.
  virtual bool timed_out() { return false; }
  /// The listener accepts no more connections (`TcpListener::drain`). The client should end its
  /// connection soon.
  virtual void drain() {}
  /// The connection has ended: by the peer, a timeout, an error or `close`.
  virtual void closed() {}
};

/// Accepted connection: a byte stream that uses a limited amount of memory.
///
/// Input: bytes that the client has not consumed are kept, at most `kMaxStream`. If the client
/// consumes none of `kMaxStream` bytes, the connection closes, unless it is paused or congested.
/// Output: bytes that the socket does not accept are kept. Above `max_unsent` bytes, the connection
/// is congested: it reads and delivers nothing until all of them are sent. It closes when the
/// socket accepts none of them for `write_timeout_ms`.
/// A connection without such bytes has no buffer. A peer that has sent FIN still gets its
/// responses.
class TcpConnection {
 public:
  /// Maximum size of a message on a stream: a DNS message of 65535 bytes and its length field.
  /// Source: RFC 1035 §4.2.2.
  static constexpr size_t kMaxStream = 65537;

  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  /// Sends bytes. Inside `received`, they are collected and written together at its end, or when
  /// there are 64 KiB. Otherwise they are written at once. The connection copies the bytes that the
  /// socket does not accept. Never calls `closed`: an error ends the connection in a later turn of
  /// the loop.
  void send(Bytes bytes);
  /// Returns true if more than `max_unsent` bytes wait for the peer. The client should send no more
  /// responses then.
  [[nodiscard]] bool congested() const noexcept;
  /// Returns the number of queued bytes, which the socket has not accepted.
  [[nodiscard]] size_t unsent() const noexcept;
  /// Returns the total time in milliseconds for which the connection has had queued bytes.
  [[nodiscard]] uint64_t waited_ms() const noexcept;
  /// Stops calls of `received` until `resume`. The connection stops reading once it has unconsumed
  /// bytes. So a slow or paused client needs no more memory than for these.
  void pause();
  /// Continues reading and calls of `received` in a later turn of the loop, beginning with the
  /// unconsumed bytes.
  void resume();
  /// Sends the queued bytes, then FIN, and accepts no more bytes to send. The connection ends in a
  /// later turn of the loop, when the peer has also sent FIN or after 2 s. Bytes that arrive
  /// meanwhile are dropped.
  void close_after_send();
  /// Ends the connection now and discards queued bytes. If called inside a callback of the
  /// connection, the call of `closed` and the destruction follow after that callback. Otherwise
  /// both have happened when `close` returns.
  void close();

  /// Starts or restarts the connection's timeout (`TcpClient::timed_out`); 0 stops it. The client
  /// uses it to limit the time to the first query and between queries. Cost: two stores, unless the
  /// new timeout ends earlier than the previous one.
  void set_timeout(uint64_t milliseconds);

  /// 0.0.0.0:0 for a Unix socket.
  [[nodiscard]] const SocketAddress& peer() const noexcept;
  /// The user at the other end of a Unix socket; absent for TCP.
  [[nodiscard]] std::optional<PeerUser> peer_user() const;

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
    uint32_t max_connections = 10000;            // further connections are closed at once
    uint32_t max_connections_per_client = 1000;  // the same for each source address
    uint32_t max_unsent = 256U << 10;            // bytes; above it, a connection is congested
    uint32_t write_timeout_ms = 10000;           // see TcpConnection
  };
  struct Counts {
    uint64_t accepted = 0;  // all that the kernel accepted, including `refused`
    uint64_t refused = 0;   // over a limit, or not authorized
    uint64_t open = 0;
  };
  /// Makes the client of a connection that is within the limits. Returns null to close the
  /// connection at once, for example if the kernel does not filter sources and this one is not
  /// permitted. May set the timeout.
  using Accept = std::function<std::unique_ptr<TcpClient>(TcpConnection&)>;

  /// Listens on `socket` and owns it. Requires: the socket is bound (see open_tcp) or is a
  /// bound Unix stream socket. If accept fails for lack of descriptors or memory (EMFILE and
  /// similar), the listener accepts nothing for 100 ms.
  TcpListener(Loop& loop, Descriptor socket, const Options& options, Accept accept);
  /// Closes the listening socket and all connections, and calls `closed` of their clients.
  /// Requires: not called inside a callback of a connection.
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  /// Closes the listening socket. Existing connections continue until they end or the listener is
  /// destroyed.
  void stop_accepting();
  /// Stops accepting and calls each client's `drain`. Requires: as the destructor.
  void drain();
  [[nodiscard]] const Counts& counts() const noexcept;
  /// Returns the listening socket, for `attach_source_filter`; -1 after `stop_accepting`.
  [[nodiscard]] int descriptor() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
