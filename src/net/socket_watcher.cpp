// SPDX-License-Identifier: Apache-2.0
#include "socket_watcher.h"

#include <utility>

#include <uv.h>

namespace inlet53::net {

struct SocketWatcher::Handle : HeapHandle<SocketWatcher::Handle, uv_poll_t> {
  Callback ready;
  int watched = 0;
};

SocketWatcher::SocketWatcher(Loop& loop, int descriptor, Callback ready) : handle_(new Handle) {
  if (uv_poll_init(loop.raw(), &handle_->uv, descriptor) != 0) {
    delete std::exchange(handle_, nullptr);
    return;
  }
  handle_->ready = std::move(ready);
}

SocketWatcher::~SocketWatcher() {
  if (handle_ != nullptr) handle_->close();
}

bool SocketWatcher::watch(bool readable, bool writable) {
  if (handle_ == nullptr) return false;
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == handle_->watched) return true;
  handle_->watched = events;
  return uv_poll_start(&handle_->uv, events, [](uv_poll_t* poll, int status, int ready) noexcept {
           Handle& handle = Handle::of(poll);
           if (status < 0) handle.watched = 0;  // libuv has stopped it
           handle.ready({.readable = (ready & UV_READABLE) != 0,
                         .writable = (ready & UV_WRITABLE) != 0,
                         .failed = status < 0});
         }) == 0;
}

}  // namespace inlet53::net
