// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "socket_watcher.h"

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Calls back as long as datagrams come to a socket, in one of two ways. While few come, epoll
/// says when. While they keep coming, the socket is received out of epoll and asked in every turn
/// of the loop, which then waits for nothing: in epoll, each datagram that arrives and each that
/// has left the socket would run epoll's callback under its lock, for news that the next turn
/// brings anyway. The first turns without a datagram end it, so that a quiet socket costs nothing.
/// Threads: the loop's. Requires: the socket outlives it.
class ArrivalWatcher {
 public:
  /// Receives waiting datagrams and returns their number. It must not destroy the watcher.
  using Receive = std::function<size_t()>;

  ArrivalWatcher(Loop& loop, int descriptor, Receive receive);

  /// Whether every turn asks the socket now.
  [[nodiscard]] bool asks_every_turn() const noexcept { return asking_; }

 private:
  // A turn counts as busy from this many datagrams on.
  static constexpr size_t kBusy = 2;
  // After so many busy turns asking begins; after so many empty ones it ends.
  static constexpr uint32_t kBusyTurns = 16;
  static constexpr uint32_t kEmptyTurns = 2;
  // Beginning and ending cost two system calls. What lasted fewer turns than this was not worth
  // them, and the next time takes twice as many busy turns, up to the most.
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
