#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "check_budget.h"
#include <sys/types.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/net/socket_owner.h"

namespace inlet53::lambda {

/// The processes of one environment.
struct EnvironmentProcesses {
  pid_t root = 0;                  // the runtime; not reaped
  std::optional<uint32_t> user{};  // the user id they run as; absent: this process's
};

/// Decides which connections to a Runtime API come from the environment that it belongs to: the
/// client's socket has the environment's user id, and the runtime or a process that descends from
/// it has the socket open. Who else connects can only be told by a search of these processes, so
/// that searches for strangers have a budget. A socket of another user is refused before that, at
/// the cost of two system calls, and uses no budget: no other user keeps an environment from its
/// Runtime API. A kernel without sock_diag is the exception: there the user of a socket is known
/// only after a file with all sockets of the machine was read, so that sockets of other users use
/// the budget, too, and other users can keep an environment from connecting anew while they flood
/// its Runtime API. Threads: the loop's.
class CallerCheck {
 public:
  explicit CallerCheck(net::SocketOwners owners = net::SocketOwners::open());

  /// Why no caller can be recognised, so that no function may start; empty: they can.
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }
  /// Decides about the connection from `client` to the Runtime API at `server`; counts what it
  /// refuses. A client that has closed its socket already is refused. `budget`: that of this
  /// Runtime API; when it is used up, the connection is refused without a search.
  [[nodiscard]] bool allows(const SocketAddress& client, const SocketAddress& server,
                            const EnvironmentProcesses& processes, CheckBudget& budget,
                            uint64_t now_ms);
  /// Connections refused so far, of all environments.
  [[nodiscard]] uint64_t refused() const noexcept { return refused_; }

 private:
  [[nodiscard]] bool is_own(const SocketAddress& client, const SocketAddress& server,
                            const EnvironmentProcesses& processes, CheckBudget& budget,
                            uint64_t now_ms) const;

  net::SocketOwners owners_;
  std::string_view fault_;
  uint64_t refused_ = 0;
};

}  // namespace inlet53::lambda
