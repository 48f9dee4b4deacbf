// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <uv.h>

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Events that epoll reported for a socket.
struct SocketEvents {
  bool readable = false;
  bool writable = false;
  bool failed = false;  // an error waits on the socket, and libuv has stopped watching it
};

/// Calls back when a socket is readable or writable (level-triggered). Stopped at first; may be
/// destroyed inside its callback. Requires: the socket stays open until then.
class SocketWatcher {
 public:
  using Callback = std::function<void(SocketEvents)>;

  SocketWatcher(Loop& loop, int descriptor, Callback ready);
  ~SocketWatcher();
  SocketWatcher(const SocketWatcher&) = delete;
  SocketWatcher& operator=(const SocketWatcher&) = delete;

  /// Sets the events to watch. Returns false when epoll does not accept the descriptor. Cost: none
  /// when nothing changes, else two system calls.
  [[nodiscard]] bool watch(bool readable, bool writable);

 private:
  struct Handle;
  Handle* handle_;  // null when epoll did not accept the descriptor
};

/// Base of a libuv handle on the heap. Its owner may close it at any time on the loop's thread,
/// also inside its own callback. The memory is freed when libuv has closed the handle. `Self`
/// derives from it and holds the data of the callback; `Uv` is uv_timer_t, uv_poll_t, …
template <class Self, class Uv>
struct HeapHandle {
  HeapHandle() { uv.data = static_cast<Self*>(this); }
  HeapHandle(const HeapHandle&) = delete;
  HeapHandle& operator=(const HeapHandle&) = delete;

  [[nodiscard]] static Self& of(Uv* uv) noexcept { return *static_cast<Self*>(uv->data); }

  /// Requires: the uv_…_init succeeded; not called before.
  void close() noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&uv),
             [](uv_handle_t* closed) noexcept { delete static_cast<Self*>(closed->data); });
  }

  Uv uv{};

 protected:
  ~HeapHandle() = default;
};

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
  [[nodiscard]] bool polls_every_turn() const noexcept { return polling_; }

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
  void poll_socket();
  void begin_polling();
  void end_polling();

  Receive receive_;
  bool polling_ = false;
  uint32_t busy_turns_ = 0;
  uint32_t busy_turns_needed_ = kBusyTurns;
  uint32_t polled_turns_ = 0;
  uint32_t empty_turns_ = 0;
  SocketWatcher watcher_;
  EveryTurn every_turn_;
};

}  // namespace inlet53::net
