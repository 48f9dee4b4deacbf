#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// A query that waits for its response.
struct Wait {
  uint64_t token = 0;
  uint16_t id = 0;
};

/// One socket of a UdpExchange, in a slot that is used again and again.
struct ExchangeSocket {
  Descriptor descriptor;  // not valid: the slot is free
  SocketAddress local;    // what the kernel chose
  std::vector<Wait> waits;
  uint64_t opened_ms = 0;
  uint64_t last_send_ms = 0;
  uint32_t route = 0;
  uint32_t sends = 0;
  uint32_t unsent = 0;      // of its queries, those in the outbox
  uint32_t generation = 0;  // of the slot, so that who held it sees that its port has gone
  bool retired = false;     // takes no more queries
  bool resting = false;     // has neither port nor peer, until it is used again

  /// It has a new port from now on.
  void begin(uint32_t for_route, uint64_t now_ms) {
    local = local_address(descriptor.get());
    waits.clear();
    opened_ms = last_send_ms = now_ms;
    route = for_route;
    sends = unsent = 0;
    retired = resting = false;
  }
  void rest() {
    waits.clear();
    ++generation;
    resting = true;
  }
  void end() {
    descriptor.reset();
    waits.clear();
    ++generation;
    resting = false;
  }
  [[nodiscard]] bool is_done() const noexcept { return waits.empty() && unsent == 0; }
  [[nodiscard]] const Wait* find(uint16_t id) const noexcept {
    const auto found = std::ranges::find(waits, id, &Wait::id);
    return found == waits.end() ? nullptr : &*found;
  }
  void forget(uint64_t token) noexcept {
    const auto found = std::ranges::find(waits, token, &Wait::token);
    if (found == waits.end()) return;
    *found = waits.back();
    waits.pop_back();
  }
};

/// Opens a non-blocking UDP socket that is connected to `to`, from `source` (null: the kernel's
/// choice) and a port that the kernel chooses at random. It believes nothing that ICMP says of the
/// path's MTU (RFC 9715 §3). Not valid: errno says why.
[[nodiscard]] Descriptor open_connected_udp(const SocketAddress& to,
                                            const IpAddress* source) noexcept;

/// Takes port and peer from a socket of open_connected_udp, and drops what it has received: nothing
/// reaches it any more. It keeps its source. False: it is of no more use.
[[nodiscard]] bool disconnect_udp(int descriptor) noexcept;

/// Connects it again, from another port that the kernel chooses at random. False: see errno.
[[nodiscard]] bool connect_udp(int descriptor, const SocketAddress& to) noexcept;

}  // namespace inlet53::net
