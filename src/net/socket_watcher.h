#pragma once

#include <functional>

#include "inlet53/net/loop.h"

namespace inlet53::net {

/// What epoll said of a socket.
struct SocketEvents {
  bool readable = false;
  bool writable = false;
  bool failed = false;  // an error waits on the socket, and libuv has stopped watching it
};

/// Calls back when a socket can be read or written (level-triggered). Stopped when made; may be
/// destroyed inside its callback. Requires: the socket stays open until then.
class SocketWatcher {
 public:
  using Callback = std::function<void(SocketEvents)>;

  SocketWatcher(Loop& loop, int descriptor, Callback ready);
  ~SocketWatcher();
  SocketWatcher(const SocketWatcher&) = delete;
  SocketWatcher& operator=(const SocketWatcher&) = delete;

  /// Sets what is watched from now on. False when epoll did not take the descriptor.
  /// Cost: none when nothing changes, else two system calls.
  [[nodiscard]] bool watch(bool readable, bool writable);

 private:
  struct Handle;
  Handle* handle_;  // null when epoll did not take the descriptor
};

}  // namespace inlet53::net
