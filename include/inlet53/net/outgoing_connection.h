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

/// Events of an outgoing connection. Called on the loop's thread, never within a call of the
/// owner's. Each may destroy the connection.
class OutgoingConnectionOwner {
 public:
  /// The connection is established. Queued bytes go out now.
  virtual void connected() = 0;
  /// Bytes arrived; the owner consumes all of them.
  virtual void received(Bytes bytes) = 0;
  /// The connection ended: by the peer's FIN (`error` is empty) or by `error`, a text. No event
  /// follows.
  virtual void ended(const std::string& error) = 0;

 protected:
  ~OutgoingConnectionOwner() = default;
};

/// TCP connection to a host. Resolves the name outside the loop, then tries the addresses one after
/// the other, in the resolver's order.
/// Threads: the loop's. Lifetime: `owner` and the loop outlive it; the destructor closes it.
class OutgoingConnection {
 public:
  /// `host`: a name or an address, IPv6 without brackets. `connect_timeout_ms` limits the whole
  /// attempt; each address gets an equal part. `source`: the local address; absent: the kernel
  /// chooses it.
  OutgoingConnection(Loop& loop, const std::string& host, uint16_t port,
                     uint32_t connect_timeout_ms, OutgoingConnectionOwner& owner,
                     const std::optional<IpAddress>& source = std::nullopt);
  ~OutgoingConnection();
  OutgoingConnection(const OutgoingConnection&) = delete;
  OutgoingConnection& operator=(const OutgoingConnection&) = delete;

  /// Queues bytes. Writes what the socket accepts at once and keeps the rest, without a limit. Does
  /// nothing after the end.
  void send(Bytes bytes);
  /// Returns true when the kernel has all bytes.
  [[nodiscard]] bool all_written() const noexcept;
  /// Returns the local address and port. Requires: it is established (`connected` was called) and
  /// has not ended.
  [[nodiscard]] SocketAddress local() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
