// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// A TCP socket of this machine, as the kernel knows it.
struct SocketOwner {
  uint32_t inode = 0;  // the number in `socket:[NUMBER]` of /proc/PID/fd
  uint32_t user = 0;   // the user id that created the socket
};

/// Looks up which socket of this machine is the other end of a TCP connection.
/// Asks the kernel by sock_diag(7), or reads /proc/net/tcp and tcp6 where it has no such interface.
/// Threads: one at a time.
class SocketOwners {
 public:
  enum class Source : uint8_t { SockDiag, ProcFile, None };

  /// Chooses the first source that finds the two ends of a connection that this function makes on
  /// loopback. `None`: no source works, and `find` finds nothing.
  [[nodiscard]] static SocketOwners open();
  /// For tests: uses one source, without a trial.
  [[nodiscard]] static SocketOwners with(Source source);

  /// Finds the socket whose own end is `local` and whose peer is `remote`. Absent: there is none,
  /// or it belongs to no process any more (it was closed). Cost: two system calls (sock_diag), or
  /// reading a file with all TCP sockets of the machine.
  [[nodiscard]] std::optional<SocketOwner> find(const SocketAddress& local,
                                                const SocketAddress& remote) const;
  [[nodiscard]] Source source() const noexcept { return source_; }

 private:
  Source source_ = Source::None;
  Descriptor netlink_;
  mutable uint32_t sequence_ = 0;  // of the latest request
};

}  // namespace inlet53::net
