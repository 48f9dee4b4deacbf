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

/// Datagrams of connected sockets that leave together: those of one port by one sendmmsg.
/// Threads: one. Cost: a copy of each; no allocation after a while.
class Outbox {
 public:
  static constexpr size_t kMaxMessages = 64;
  /// sendmmsg(2), or a test's script.
  using SendMessages = int (*)(int descriptor, mmsghdr* messages, unsigned count, int flags);

  explicit Outbox(SendMessages send_messages = &sendmmsg) : send_messages_(send_messages) {}

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool full() const noexcept { return count_ == kMaxMessages; }

  /// Adds a message, which is copied. `descriptor` is the socket of `port` and stays open until
  /// `send`. Returns where the copy is, for changes before `send`.
  /// Requires: not full; `message` is `UdpExchange::kMaxQuery` octets or shorter.
  uint8_t* add(uint32_t port, int descriptor, uint64_t token, Bytes message);

  /// The number of the next `send`: messages with a smaller round have left.
  [[nodiscard]] uint32_t round() const noexcept { return round_; }

  /// A message that did not leave, by a failure on this host.
  struct Unsent {
    uint32_t port = 0;
    uint64_t token = 0;
    SendError error;
  };
  /// A port whose target is unreachable, as ICMP said after an earlier message; nothing more was
  /// sent on it.
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
  /// Sends all messages and is empty then. Lifetime of the report: until the next `send`.
  [[nodiscard]] const Report& send();

 private:
  struct Message {
    std::array<uint8_t, UdpExchange::kMaxQuery> octets;
    uint32_t size = 0;
    uint32_t port = 0;
    int descriptor = -1;  // -1: it has been dealt with
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
