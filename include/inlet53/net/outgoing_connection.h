// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Events of an outgoing connection. Called on the loop's thread, never within a
/// call of the owner's. Each may destroy the connection.
class OutgoingConnectionOwner {
 public:
  /// It stands: what was sent before goes out now.
  virtual void connected() = 0;
  /// Octets arrived; the owner takes all of them.
  virtual void received(Bytes octets) = 0;
  /// It is over: by the peer's FIN (`error` is empty), or by what `error` says, for people. Nothing
  /// comes after it.
  virtual void ended(const std::string& error) = 0;

 protected:
  ~OutgoingConnectionOwner() = default;
};

/// A TCP connection to a host: resolves its name off the loop, then tries its addresses one after
/// the other, in the resolver's order.
/// Threads: the loop's. Lifetime: `owner` and the loop outlive it; destroying it closes it.
class OutgoingConnection {
 public:
  /// `host`: a name or an address, IPv6 without brackets. All of it may take `connect_timeout_ms`;
  /// each address gets an equal part of that. `source`: the address to connect from; absent: the
  /// kernel's choice.
  OutgoingConnection(Loop& loop, const std::string& host, uint16_t port,
                     uint32_t connect_timeout_ms, OutgoingConnectionOwner& owner,
                     const std::optional<IpAddress>& source = std::nullopt);
  ~OutgoingConnection();
  OutgoingConnection(const OutgoingConnection&) = delete;
  OutgoingConnection& operator=(const OutgoingConnection&) = delete;

  /// Queues octets; they are written at once as far as the socket takes them, and kept otherwise,
  /// however many they are. Nothing happens when it is over.
  void send(Bytes octets);
  /// Whether all that was sent is with the kernel.
  [[nodiscard]] bool all_written() const noexcept;
  /// Our address and port. Requires: it stands (`connected` was called) and is not over.
  [[nodiscard]] SocketAddress local() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
