// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace inlet53::net
