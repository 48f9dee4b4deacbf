// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "socket_watcher.h"

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Calls back while datagrams arrive at a socket, in one of two ways. With few datagrams, epoll
/// reports them. While many arrive, the socket is removed from epoll and polled in every turn of
/// the loop, which then does not wait: in epoll, each datagram that arrives or leaves would run
/// epoll's callback under its lock, although the next turn polls the socket anyway. Some turns
/// without a datagram end the polling, so that a quiet socket costs nothing.
/// Threads: the loop's. Requires: the socket outlives it.
class ArrivalWatcher {
 public:
  /// Receives waiting datagrams and returns their number. It must not destroy the watcher.
  using Receive = std::function<size_t()>;

  ArrivalWatcher(Loop& loop, int descriptor, Receive receive);

  /// Returns true while every turn polls the socket.
  [[nodiscard]] bool asks_every_turn() const noexcept { return asking_; }

 private:
  // A turn is busy from this many datagrams on.
  static constexpr size_t kBusy = 2;
  // Polling starts after this many busy turns and ends after this many empty turns.
  static constexpr uint32_t kBusyTurns = 16;
  static constexpr uint32_t kEmptyTurns = 2;
  // Starting and stopping cost two system calls. If polling ended after fewer turns than this, the
  // next start needs twice as many busy turns, up to the maximum.
  static constexpr uint32_t kWorthwhileTurns = 64;
  static constexpr uint32_t kMostBusyTurns = 1024;

  void socket_ready(SocketEvents events);
  void ask();
  void begin_asking();
  void end_asking();

  Receive receive_;
  bool asking_ = false;
  uint32_t busy_turns_ = 0;
  uint32_t busy_turns_needed_ = kBusyTurns;
  uint32_t turns_asked_ = 0;
  uint32_t empty_turns_ = 0;
  SocketWatcher watcher_;
  EveryTurn every_turn_;
};

}  // namespace inlet53::net
