// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <sys/socket.h>

#include "inlet53/base/bytes.h"
#include "inlet53/net/send_error.h"
#include "inlet53/net/udp_exchange.h"

namespace inlet53::net {

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
    std::array<uint8_t, UdpExchange::kMaxQuery> octets;
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
