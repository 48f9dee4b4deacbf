// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/types.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/net/socket_owner.h"

namespace inlet53::lambda {

/// Limits the processor time of searches for the processes of unauthorised callers, for one Runtime
/// API: 10 ms per second, and 10 ms at once. A search that finds a process of the environment costs
/// nothing. When the budget is used up, connections are closed without a search. The budget refills
/// continuously: the next search is possible some milliseconds later. Then a process of the
/// environment can connect again; under a steady flood its retry may be closed, too.
class CheckBudget {
 public:
  static constexpr int64_t kMaxUs = 10'000;
  static constexpr int64_t kUsPerMs = 10;

  [[nodiscard]] bool used_up(uint64_t now_ms) noexcept;
  /// Charges a search for an unauthorised caller.
  void charge(uint64_t cost_us, uint64_t now_ms) noexcept;

 private:
  void refill(uint64_t now_ms) noexcept;

  int64_t left_us_ = kMaxUs;  // below zero: the last search used more than was left
  uint64_t refilled_ms_ = 0;
};

/// The processes of one environment.
struct EnvironmentProcesses {
  pid_t root = 0;                  // the runtime; not reaped
  std::optional<uint32_t> user{};  // user id of its processes; absent: this process's
};

/// Decides which connections to a Runtime API come from its environment: the client's socket has
/// the environment's user id, and the runtime or a descendant of it has the socket open. Only a
/// search of these processes can find that, so searches for unauthorised callers have a budget. A
/// socket of another user is refused before the search, with two system calls and without a charge:
/// another user cannot block an environment's Runtime API. The exception is a kernel without
/// sock_diag: there the user of a socket is known only after reading a file with all sockets of the
/// machine. Then sockets of other users use the budget, and a flood by other users can keep an
/// environment from connecting. Threads: the loop's.
class CallerCheck {
 public:
  explicit CallerCheck(net::SocketOwners owners = net::SocketOwners::open());

  /// Returns the reason why callers cannot be identified, so that no function may start. Empty:
  /// they can be identified.
  [[nodiscard]] std::string_view fault() const noexcept { return fault_; }
  /// Checks the connection from `client` to the Runtime API at `server`, and counts refused ones.
  /// Refuses a client that has already closed its socket. `budget`: that of this Runtime API; when
  /// it is used up, the connection is refused without a search.
  [[nodiscard]] bool allows(const SocketAddress& client, const SocketAddress& server,
                            const EnvironmentProcesses& processes, CheckBudget& budget,
                            uint64_t now_ms);
  /// Returns the number of refused connections of all environments.
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
