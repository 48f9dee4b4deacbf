// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Reason why a query did not reach its target.
enum class SendFailure : uint8_t {
  Unreachable,  // reported by ICMP: the port is closed, the host does not exist, …
  NoSocket,     // this host has no socket or port left: a limit of ours or of the system
  NoRoute,      // this host has no route to the target, or not the source address
  Busy,         // this host's send buffers are full
  Denied,       // this host forbids it: packet filter, missing right
  TooLarge,     // the message exceeds the MTU of the path
  Other,        // see `error`
};

struct SendError {
  SendFailure failure = SendFailure::Other;
  int error = 0;  // errno; 0: a limit of ours

  friend bool operator==(const SendError&, const SendError&) = default;
};

/// Returns true for a failure on this host, which gives no information about the target.
[[nodiscard]] constexpr bool is_local(SendFailure failure) noexcept {
  return failure != SendFailure::Unreachable;
}

/// Returns a short text in lower case, for logs and extended errors.
[[nodiscard]] std::string_view to_text(SendFailure failure) noexcept;

/// Classifies the errno of a failed send on this host. Source: sendmsg(2), udp(7), ip(7).
[[nodiscard]] SendError send_error(int error) noexcept;

/// Classifies the errno of opening, binding or connecting a UDP socket. EAGAIN and EADDRINUSE mean
/// that no port is left. Source: socket(2), bind(2), connect(2).
[[nodiscard]] SendError open_error(int error) noexcept;

/// Target of queries, and their source addresses.
struct UdpRoute {
  SocketAddress to;
  /// Each socket uses a random one of these; all have the family of `to`. Empty: the kernel
  /// chooses.
  std::vector<IpAddress> sources;
};

/// Receives the results of a UdpExchange. Called on the loop's thread, never within `send`. It may
/// send again, but must not destroy the exchange.
class UdpExchangeOwner {
 public:
  /// A message arrived on the route and port of the query with `token`, and has its id. It has at
  /// least 12 bytes and is truncated at 4 KiB. The owner may change it. Returns true when it is the
  /// expected response, which ends the wait. Returns false to count it as unmatched and to continue
  /// the wait.
  virtual bool received(uint64_t token, std::span<uint8_t> message) = 0;
  /// The query with `token` could not be sent because of a failure on this host
  /// (`is_local(error.failure)`), or ICMP reported that the target is unreachable. The wait has
  /// ended.
  virtual void undeliverable(uint64_t token, const SendError& error) = 0;

 protected:
  ~UdpExchangeOwner() = default;
};

/// Sends queries over UDP and matches responses by address, port and id. An attacker off the path
/// has to guess all three (RFC 5452 §9).
///
/// Choice of ports: a socket is connected to one route and gets a random port from the kernel
/// (net.ipv4.ip_local_port_range, 28,232 ports by default, less the reserved ones). It releases the
/// port after `kSendsPerSocket` queries or `kSocketAgeMs`. Then the socket rests without a port
/// until the route needs another one, and is connected again from a new port: a new socket for each
/// port costs four times as much. A port for each query costs three system calls, and long-lived
/// ports are too few. With four queries for each port, 100,000 queries come from at least 16,000
/// different ports. Queries that share a port do not help an attacker: a forged response must match
/// one question of one route with its own id (and the case of its letters), and equal questions are
/// not sent twice. A port chosen by this program needs one more call, may belong to a service, and
/// ignores the operator's reserved ports.
///
/// Consists of three classes: `PortPool` opens, chooses and reuses sockets; `Outbox` sends the
/// queries of one turn of the loop, with one sendmmsg for each port; the exchange matches
/// responses. The sockets are in a separate epoll instance; the loop watches its single descriptor.
/// An ICMP error is accepted, because it quotes the port: it ends the waits of that port. A failure
/// on this host ends the wait of the affected query.
/// Threads: the loop's. Lifetime: the loop and the owner outlive it.
/// Cost: a query is copied and needs one or two system calls; no allocation in a steady state.
class UdpExchange {
 public:
  static constexpr uint32_t kSendsPerSocket = 4;
  static constexpr uint64_t kSocketAgeMs = 5000;
  /// Maximum size of a query in bytes: header, name, type and class, OPT, and space for options.
  static constexpr size_t kMaxQuery = 512;

  struct Options {
    /// Maximum number of open sockets, 1 to 65536. One route gets at most two thirds of them.
    /// Beyond that (or the process's limit of descriptors) its ports carry up to `kMaxShared`
    /// queries each.
    uint32_t max_sockets = 4096;
    /// Maximum time that a query waits for its response.
    uint32_t max_wait_ms = 5000;
    /// Additional time in which a response is still reported, while half of the sockets are free.
    uint32_t late_wait_ms = 0;
  };
  static constexpr size_t kMaxShared = 64;

  UdpExchange(Loop& loop, const Options& options, UdpExchangeOwner& owner);
  ~UdpExchange();
  UdpExchange(const UdpExchange&) = delete;
  UdpExchange& operator=(const UdpExchange&) = delete;

  using RouteId = uint32_t;
  /// Cost: allocates.
  [[nodiscard]] RouteId add_route(UdpRoute route);
  /// Removes a route. Its waits end without a callback. Cost: linear in the open sockets.
  void remove_route(RouteId route);

  /// Queues a query for the end of the turn. Replaces its first two bytes by an id of the exchange.
  /// `token` is the caller's. Returns the source address and port.
  /// Errors: this host has no socket, route or source address for it; then nothing waits.
  /// Requires: `query` has 12 to `kMaxQuery` bytes.
  [[nodiscard]] Result<SocketAddress, SendError> send(RouteId route, Bytes query, uint64_t token);
  /// Sends the queued queries now.
  void flush();

  struct Counts {
    uint64_t sent = 0;
    uint64_t send_calls = 0;  // system calls for them
    uint64_t received = 0;
    uint64_t unmatched = 0;    // no query waits for it: forged, late or duplicate
    uint64_t unreachable = 0;  // queries that ICMP reported as unreachable
    uint64_t unsent = 0;       // queries that this host could not send
    uint64_t no_socket = 0;    // queries that `send` refused
    uint64_t sockets_opened = 0;
    uint64_t ports = 0;   // ports that sockets had in sequence
    uint64_t shared = 0;  // queries on a port that had reached its limit
  };
  [[nodiscard]] Counts counts() const noexcept;
  /// Includes resting sockets.
  [[nodiscard]] size_t open_sockets() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
