// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/send_error.h"

namespace inlet53::net {

/// Where queries go, and from which address.
struct UdpRoute {
  SocketAddress to;
  /// One of them is taken at random for each socket; of the family of `to`. Empty: the kernel's
  /// choice.
  std::vector<IpAddress> sources;
};

/// Receives what a UdpExchange has to report. Called on the loop's thread, never within `send`. It
/// may send again, but not destroy the exchange.
class UdpExchangeOwner {
 public:
  /// `message` came on the route and to the port from which the query of `token` was sent, and has
  /// its id. It is 12 octets or longer; one over 4 KiB is cut there. The owner may change it.
  /// Returns whether it was waited for: true ends the wait, false counts it as unmatched, and the
  /// wait goes on.
  virtual bool received(uint64_t token, std::span<uint8_t> message) = 0;
  /// The query of `token` could not be sent, by a failure on this host (`is_local(error.failure)`),
  /// or ICMP said that its target is unreachable. The wait has ended.
  virtual void undeliverable(uint64_t token, const SendError& error) = 0;

 protected:
  ~UdpExchangeOwner() = default;
};

/// Sends queries over UDP and matches what comes back by address, port and id, all three of which
/// an attacker off the path has to guess (RFC 5452 §9).
///
/// How ports are chosen: a socket is connected to one route, gets its port from the kernel (at
/// random among net.ipv4.ip_local_port_range, 28,232 by default, less those that are reserved), and
/// gives it up after `kSendsPerSocket` queries or `kSocketAgeMs`. The socket then rests without a
/// port until the route needs another, and is connected again from a new port: a new socket for
/// each port costs four times as much. A port for each query costs three system calls each, and
/// long-lived ports are few. With four queries to a port 100,000 queries come from 16,000 different
/// ports or more. Queries that share a port do not help an attacker: a forged response must fit one
/// question of one route with its own id (and the case of its letters), and equal questions are not
/// asked twice. A port of our own choice needs one more call, may belong to a service, and ignores
/// what the operator reserved.
///
/// Three units: `PortPool` opens, chooses and reuses sockets; `Outbox` sends the queries of one
/// turn of the loop together, those of one port by one sendmmsg; the exchange matches responses.
/// Sockets wait in an epoll instance of their own, of which the loop watches the one descriptor.
/// An error that ICMP sends is believed (it quotes our port): it ends the waits of that port. A
/// failure on this host ends the wait of the query that it concerns.
/// Threads: the loop's. Lifetime: the loop and the owner outlive it.
/// Cost: a query is copied, and costs a system call or two; nothing is allocated after a while.
class UdpExchange {
 public:
  static constexpr uint32_t kSendsPerSocket = 4;
  static constexpr uint64_t kSocketAgeMs = 5000;
  /// The most octets of a query: header, name, type and class, OPT, and some for options.
  static constexpr size_t kMaxQuery = 512;

  struct Options {
    /// Sockets open at once, 1 to 65536. One route gets at most two thirds of them. Beyond that
    /// (or the process's limit of descriptors) its ports take up to `kMaxShared` queries each.
    uint32_t max_sockets = 4096;
    /// How long a query waits for its response at most.
    uint32_t max_wait_ms = 5000;
    /// How long a response is still reported after that, as long as half of the sockets are free.
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
  /// Removes a route. Its waits end without a call. Cost: linear in the open sockets.
  void remove_route(RouteId route);

  /// Sends a query with an id of our choice in place of its first two octets, at the end of the
  /// turn. `token` is the caller's. Returns the address and port that it leaves from.
  /// Errors: no socket, route or source address is to be had on this host; there is no wait.
  /// Requires: `query` is 12 to `kMaxQuery` octets.
  [[nodiscard]] Result<SocketAddress, SendError> send(RouteId route, Bytes query, uint64_t token);
  /// Sends now what was to wait for the end of the turn.
  void flush();

  struct Counts {
    uint64_t sent = 0;
    uint64_t send_calls = 0;  // system calls for them
    uint64_t received = 0;
    uint64_t unmatched = 0;    // no query waits for it: forged, late or twice
    uint64_t unreachable = 0;  // queries of which ICMP said so
    uint64_t unsent = 0;       // queries that this host could not send
    uint64_t no_socket = 0;    // queries that `send` refused
    uint64_t sockets_opened = 0;
    uint64_t ports = 0;   // that sockets had, one after the other
    uint64_t shared = 0;  // queries on a port that had its share already
  };
  [[nodiscard]] Counts counts() const noexcept;
  /// Resting sockets included.
  [[nodiscard]] size_t open_sockets() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
