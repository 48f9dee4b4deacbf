// SPDX-License-Identifier: Apache-2.0
#include "socket_watcher.h"

#include <algorithm>
#include <utility>

#include <uv.h>

#include "inlet53/base/check.h"

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

ArrivalWatcher::ArrivalWatcher(Loop& loop, int descriptor, Receive receive)
    : receive_(std::move(receive)),
      watcher_(loop, descriptor, [this](SocketEvents events) { socket_ready(events); }),
      every_turn_(loop, [this] { poll_socket(); }) {
  INLET53_CHECK(watcher_.watch(true, false));
}

void ArrivalWatcher::socket_ready(SocketEvents events) {
  const size_t received = receive_();
  // The receive call cleared the socket's error.
  if (events.failed) INLET53_CHECK(watcher_.watch(true, false));
  busy_turns_ = received >= kBusy ? busy_turns_ + 1 : busy_turns_ / 2;
  if (busy_turns_ >= busy_turns_needed_) begin_polling();
}

void ArrivalWatcher::begin_polling() {
  polling_ = true;
  polled_turns_ = 0;
  empty_turns_ = 0;
  INLET53_CHECK(watcher_.watch(false, false));
  every_turn_.start();
}

void ArrivalWatcher::poll_socket() {
  ++polled_turns_;
  empty_turns_ = receive_() > 0 ? 0 : empty_turns_ + 1;
  if (empty_turns_ >= kEmptyTurns) end_polling();
}

void ArrivalWatcher::end_polling() {
  polling_ = false;
  busy_turns_ = 0;
  const bool worthwhile = polled_turns_ >= kWorthwhileTurns;
  busy_turns_needed_ = worthwhile ? kBusyTurns : std::min(busy_turns_needed_ * 2, kMostBusyTurns);
  every_turn_.stop();
  // When the socket is added, epoll reports datagrams that arrived since the last turn.
  INLET53_CHECK(watcher_.watch(true, false));
}

}  // namespace inlet53::net
