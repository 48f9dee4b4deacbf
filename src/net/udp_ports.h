// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sys/socket.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/random.h"
#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"
#include "inlet53/net/udp_exchange.h"

namespace inlet53::net {

/// UDP socket of a PortPool, connected to the target of its route from its own port.
struct Port {
  enum class State : uint8_t {
    Free,     // no socket
    Open,     // accepts queries
    Retired,  // accepts no queries; waits until no query uses it
    Resting,  // has a socket, but neither port nor peer
  };

  Descriptor descriptor;  // not valid: Free
  SocketAddress local;    // chosen by the kernel
  uint64_t opened_ms = 0;
  uint64_t last_use_ms = 0;
  uint32_t route = 0;
  uint32_t place = 0;       // in the list of its route
  uint32_t sends = 0;       // queries since it was opened
  uint32_t users = 0;       // queries that wait on it
  uint32_t generation = 0;  // changes when the port is closed
  State state = State::Free;

  [[nodiscard]] bool in_use() const noexcept {
    return state == State::Open || state == State::Retired;
  }
};

/// Sockets and ports of a UdpExchange. Opens them, assigns one port to a few queries, and reuses a
/// socket with a new port (UdpExchange explains the reasons). It neither sends nor receives.
///
///            kSendsPerSocket or kSocketAgeMs        no user
///   Free ──► Open ──────────────────────► Retired ────────► Resting ──► Open (another port)
///
/// One route cannot use all sockets: it gets another one only while it has fewer than twice as many
/// as are left in total (dynamic thresholds, Choudhury and Hahne 1998). So one busy target has at
/// most two thirds, and the other targets still get some. A route that gets none shares its ports:
/// up to `UdpExchange::kMaxShared` queries wait on each.
///
/// Threads: one. Cost: a query costs O(1), a new port one to three system calls.
class PortPool {
 public:
  using RouteId = UdpExchange::RouteId;

  /// `max_sockets`: open at once, resting ones included.
  explicit PortPool(uint32_t max_sockets);

  [[nodiscard]] RouteId add_route(UdpRoute route);
  /// Closes the route's sockets.
  void remove_route(RouteId route);
  [[nodiscard]] const SocketAddress& peer(RouteId route) const noexcept {
    return routes_[route].route->to;
  }

  /// Returns the number of the port for the route's next query, which uses it until `release`.
  /// Errors: no port is available; NoSocket with error 0 when `max_sockets` is reached.
  [[nodiscard]] Result<uint32_t, SendError> acquire(RouteId route, uint64_t now_ms);
  /// Ends the use of a port by `count` queries. Requires: they use it.
  void release(uint32_t port, uint32_t count = 1);
  /// Closes ports that are too old and have no user.
  void close_old(uint64_t now_ms);

  [[nodiscard]] const Port& operator[](uint32_t port) const noexcept { return ports_[port]; }
  /// Returns a bound for port numbers: all are below it.
  [[nodiscard]] uint32_t size() const noexcept { return static_cast<uint32_t>(ports_.size()); }
  [[nodiscard]] size_t open_sockets() const noexcept { return open_; }

  /// Returns a descriptor that is readable while a port is readable.
  [[nodiscard]] int event_descriptor() const noexcept { return epoll_.get(); }
  /// Writes the numbers of readable ports and returns how many. A number may be of a port that has
  /// been closed since.
  [[nodiscard]] size_t readable(std::span<uint32_t> ports) const;

  struct Counts {
    uint64_t sockets_opened = 0;
    uint64_t ports = 0;   // ports that sockets had in sequence
    uint64_t shared = 0;  // queries on a port that had reached its limit
  };
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Route {
    std::optional<UdpRoute> route;  // absent: the entry is free
    uint32_t newest = kNone;        // the port for the next query
    std::vector<uint32_t> ports;    // those in use, in no order
    std::vector<uint32_t> resting;
    uint64_t users = 0;  // of all its ports
  };

  [[nodiscard]] uint32_t use(uint32_t port, uint64_t now_ms) noexcept;
  [[nodiscard]] Result<uint32_t, SendError> open(RouteId route, uint64_t now_ms);
  [[nodiscard]] uint32_t reopen_resting(RouteId route, uint64_t now_ms);
  [[nodiscard]] uint32_t port_with_room(const Route& route);
  [[nodiscard]] bool close_a_resting_one();
  void begin(uint32_t port, RouteId route, uint64_t now_ms);
  void leave(uint32_t port);
  void rest(uint32_t port);
  void close(uint32_t port);

  const uint32_t max_sockets_;
  RandomBytes random_;
  std::vector<Route> routes_;
  std::vector<Port> ports_;
  std::vector<uint32_t> free_;
  size_t open_ = 0;     // resting ones included
  size_t resting_ = 0;  // of them
  Counts counts_;
  Descriptor epoll_;
};

/// Datagrams of connected sockets that are sent together, with one sendmmsg for each port. Threads:
/// one. Cost: a copy of each; no allocation in a steady state.
class Outbox {
 public:
  static constexpr size_t kMaxMessages = 64;
  /// sendmmsg(2), or a test double.
  using SendMessages = int (*)(int descriptor, mmsghdr* messages, unsigned count, int flags);

  explicit Outbox(SendMessages send_messages = &sendmmsg) : send_messages_(send_messages) {}

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool full() const noexcept { return count_ == kMaxMessages; }

  /// Adds a copy of a message. `descriptor` is the socket of `port` and stays open until `send`.
  /// Returns the copy, for changes before `send`.
  /// Requires: not full; `message` has at most `UdpExchange::kMaxQuery` bytes.
  uint8_t* add(uint32_t port, int descriptor, uint64_t token, Bytes message);

  /// Returns the number of the next `send`: messages of earlier rounds have been sent.
  [[nodiscard]] uint32_t round() const noexcept { return round_; }

  /// Message that was not sent because of a failure on this host.
  struct Unsent {
    uint32_t port = 0;
    uint64_t token = 0;
    SendError error;
  };
  /// Port with an unreachable target, as ICMP reported for an earlier message. Later messages on it
  /// were not sent.
  struct PortError {
    uint32_t port = 0;
    SendError error;
  };
  struct Report {
    std::vector<Unsent> unsent;
    std::vector<PortError> unreachable;  // each port once
    uint64_t sent = 0;
    uint64_t calls = 0;  // system calls
  };
  /// Sends all messages and empties this. Lifetime of the report: until the next `send`.
  [[nodiscard]] const Report& send();

 private:
  struct Message {
    std::array<uint8_t, UdpExchange::kMaxQuery> bytes;
    uint32_t size = 0;
    uint32_t port = 0;
    int descriptor = -1;  // -1: processed
    uint64_t token = 0;
  };

  void send_of_port(size_t first);

  const SendMessages send_messages_;
  std::array<Message, kMaxMessages> messages_;
  size_t count_ = 0;
  uint32_t round_ = 0;
  Report report_;
};

}  // namespace inlet53::net
