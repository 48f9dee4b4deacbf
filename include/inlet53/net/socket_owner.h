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

/// Returns true when process `root`, or a descendant of it, has the socket with this inode number
/// open. Descendants are found by their parents, so calls of setsid(2) or setpgid(2) make no
/// difference. A process whose parent has ended is found if `root` is a child subreaper
/// (ChildOptions::confinement).
///
/// `user`: reads /proc with this user's rights, when the caller may use other users' rights
/// (setfsuid(2)) but has no CAP_SYS_PTRACE. Absent: uses the caller's rights.
/// Searches 1,024 processes, and 4,096 descriptors, threads and children together (65,536 where the
/// kernel does not list children). Beyond that the result is false. It is also false when /proc
/// cannot be read.
/// Requires: `root` is this process or a child of it that it has not reaped, so that the number
/// cannot mean another process. Threads: any.
/// Source: proc(5), /proc/PID/fd and /proc/PID/task/TID/children; prctl(2), PR_SET_CHILD_SUBREAPER.
[[nodiscard]] bool process_tree_has_socket(pid_t root, uint32_t inode,
                                           std::optional<uint32_t> user);

}  // namespace inlet53::net
