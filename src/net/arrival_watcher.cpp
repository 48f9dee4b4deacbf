// SPDX-License-Identifier: Apache-2.0
#include "arrival_watcher.h"

#include <algorithm>
#include <utility>

#include "inlet53/base/check.h"

namespace inlet53::net {

ArrivalWatcher::ArrivalWatcher(Loop& loop, int descriptor, Receive receive)
    : receive_(std::move(receive)),
      watcher_(loop, descriptor, [this](SocketEvents events) { socket_ready(events); }),
      every_turn_(loop, [this] { ask(); }) {
  INLET53_CHECK(watcher_.watch(true, false));
}

void ArrivalWatcher::socket_ready(SocketEvents events) {
  const size_t received = receive_();
  // The receive call cleared the socket's error.
  if (events.failed) INLET53_CHECK(watcher_.watch(true, false));
  busy_turns_ = received >= kBusy ? busy_turns_ + 1 : busy_turns_ / 2;
  if (busy_turns_ >= busy_turns_needed_) begin_asking();
}

void ArrivalWatcher::begin_asking() {
  asking_ = true;
  turns_asked_ = 0;
  empty_turns_ = 0;
  INLET53_CHECK(watcher_.watch(false, false));
  every_turn_.start();
}

void ArrivalWatcher::ask() {
  ++turns_asked_;
  empty_turns_ = receive_() > 0 ? 0 : empty_turns_ + 1;
  if (empty_turns_ >= kEmptyTurns) end_asking();
}

void ArrivalWatcher::end_asking() {
  asking_ = false;
  busy_turns_ = 0;
  const bool worthwhile = turns_asked_ >= kWorthwhileTurns;
  busy_turns_needed_ = worthwhile ? kBusyTurns : std::min(busy_turns_needed_ * 2, kMostBusyTurns);
  every_turn_.stop();
  // When the socket is added, epoll reports datagrams that arrived since the last turn.
  INLET53_CHECK(watcher_.watch(true, false));
}

}  // namespace inlet53::net
