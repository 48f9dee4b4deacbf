// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// Owner of a TCP socket on this machine, from the kernel.
struct SocketOwner {
  uint32_t inode = 0;  // the number in `socket:[NUMBER]` of /proc/PID/fd
  uint32_t user = 0;   // the user id that created the socket
};

/// Looks up the socket at the other end of a TCP connection on this machine. Uses sock_diag(7), or
/// reads /proc/net/tcp and tcp6 on a kernel without it.
/// Threads: one at a time.
class SocketOwners {
 public:
  enum class Source : uint8_t { SockDiag, ProcFile, None };

  /// Chooses the first source that finds both ends of a test connection on loopback. `None`: no
  /// source works, and `find` finds nothing.
  [[nodiscard]] static SocketOwners open();
  /// For tests: uses one source, without a trial.
  [[nodiscard]] static SocketOwners with(Source source);

  /// Finds the socket with local end `local` and peer `remote`. Absent: there is none, or it
  /// belongs to no process any more (it was closed). Cost: two system calls (sock_diag), or reading
  /// a file with all TCP sockets of the machine.
  [[nodiscard]] std::optional<SocketOwner> find(const SocketAddress& local,
                                                const SocketAddress& remote) const;
  [[nodiscard]] Source source() const noexcept { return source_; }

 private:
  Source source_ = Source::None;
  Descriptor netlink_;
  mutable uint32_t sequence_ = 0;  // of the latest request
};

}  // namespace inlet53::net
