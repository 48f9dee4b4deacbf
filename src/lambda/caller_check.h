#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

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
/// it has the socket open. Threads: the loop's.
class CallerCheck {
 public:
  explicit CallerCheck(net::SocketOwners owners = net::SocketOwners::open());

  /// Why no caller can be recognised, so that no function may start; empty: they can.
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }
  /// Decides about the connection from `client` to the Runtime API at `server`; counts what it
  /// refuses. A client that has closed its socket already is refused.
  [[nodiscard]] bool allows(const SocketAddress& client, const SocketAddress& server,
                            const EnvironmentProcesses& processes);
  /// Connections refused so far, of all environments.
  [[nodiscard]] uint64_t refused() const noexcept { return refused_; }

 private:
  net::SocketOwners owners_;
  std::string_view fault_;
  uint64_t refused_ = 0;
};

}  // namespace inlet53::lambda
