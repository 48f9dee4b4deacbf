// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/loop.h"

#include <atomic>
#include <utility>

#include "socket_watcher.h"
#include <uv.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

// The callbacks that libuv calls are noexcept: no exception may pass through a library in C.

namespace {

// `result`: of a uv_…_init, which fails only for lack of memory or descriptors.
void require_handle(int result, const char* what) { require_system(result == 0, what, -result); }

}  // namespace

Loop::Loop() : loop_(std::make_unique<uv_loop_t>()) {
  require_handle(uv_loop_init(loop_.get()), "cannot make an event loop");
}

Loop::~Loop() {
  const auto check_closing = [](uv_handle_t* handle, void*) {
    INLET53_CHECK(uv_is_closing(handle) != 0);
  };
  uv_walk(loop_.get(), check_closing, nullptr);
  while (uv_run(loop_.get(), UV_RUN_DEFAULT) != 0) {
  }
  INLET53_CHECK(uv_loop_close(loop_.get()) == 0);
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }
void Loop::stop() { uv_stop(loop_.get()); }
uint64_t Loop::now_ms() const noexcept { return uv_now(loop_.get()); }
uv_loop_s* Loop::raw() noexcept { return loop_.get(); }

//--- ReadWatcher

struct ReadWatcher::Handle {
  Handle(Loop& loop, int descriptor, std::function<void()> readable)
      : watcher(loop, descriptor, [this, readable = std::move(readable)](SocketEvents events) {
          // The reader gets the error and clears it; the watcher continues.
          if (events.failed) watch();
          readable();
        }) {
    watch();
  }

  void watch() { INLET53_CHECK(watcher.watch(true, false)); }

  SocketWatcher watcher;
};

ReadWatcher::ReadWatcher(Loop& loop, int descriptor, std::function<void()> readable)
    : handle_(new Handle(loop, descriptor, std::move(readable))) {}

ReadWatcher::~ReadWatcher() { delete handle_; }

//--- Timer

struct Timer::Handle : HeapHandle<Timer::Handle, uv_timer_t> {
  std::function<void()> expired;
};

Timer::Timer(Loop& loop, std::function<void()> expired) : handle_(new Handle) {
  handle_->expired = std::move(expired);
  INLET53_CHECK(uv_timer_init(loop.raw(), &handle_->uv) == 0);
}

Timer::~Timer() { handle_->close(); }

void Timer::start(uint64_t delay_ms, uint64_t repeat_ms) {
  const auto expired = [](uv_timer_t* timer) noexcept { Handle::of(timer).expired(); };
  INLET53_CHECK(uv_timer_start(&handle_->uv, expired, delay_ms, repeat_ms) == 0);
}

void Timer::stop() { uv_timer_stop(&handle_->uv); }

bool Timer::active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&handle_->uv)) != 0;
}

//--- TurnEnd

struct TurnEnd::Handle : HeapHandle<TurnEnd::Handle, uv_prepare_t> {
  std::function<void()> ended;
  bool requested = false;
  bool calling = false;
};

TurnEnd::TurnEnd(Loop& loop, std::function<void()> ended) : handle_(new Handle) {
  handle_->ended = std::move(ended);
  INLET53_CHECK(uv_prepare_init(loop.raw(), &handle_->uv) == 0);
}

TurnEnd::~TurnEnd() { handle_->close(); }

void TurnEnd::request() noexcept {
  if (std::exchange(handle_->requested, true) || handle_->calling) return;
  const auto call = [](uv_prepare_t* prepare) noexcept {
    Handle& handle = Handle::of(prepare);
    uv_prepare_stop(prepare);
    // libuv would run a handle that starts again only after it has waited for events.
    handle.calling = true;
    while (std::exchange(handle.requested, false)) handle.ended();
    handle.calling = false;
  };
  INLET53_CHECK(uv_prepare_start(&handle_->uv, call) == 0);
}

//--- EveryTurn

struct EveryTurn::Handle : HeapHandle<EveryTurn::Handle, uv_idle_t> {
  std::function<void()> turned;
};

EveryTurn::EveryTurn(Loop& loop, std::function<void()> turned) : handle_(new Handle) {
  handle_->turned = std::move(turned);
  INLET53_CHECK(uv_idle_init(loop.raw(), &handle_->uv) == 0);
}

EveryTurn::~EveryTurn() { handle_->close(); }

void EveryTurn::start() noexcept {
  const auto call = [](uv_idle_t* idle) noexcept { Handle::of(idle).turned(); };
  INLET53_CHECK(uv_idle_start(&handle_->uv, call) == 0);
}

void EveryTurn::stop() noexcept { uv_idle_stop(&handle_->uv); }

//--- Wakeup

struct Wakeup::Handle : HeapHandle<Wakeup::Handle, uv_async_t> {
  std::function<void()> woken;
  // libuv 1.44 checks for a pending wake with a plain load. An earlier store of the waking thread
  // could be reordered after it and be missed, so a full barrier decides here.
  std::atomic<bool> pending{false};
};

Wakeup::Wakeup(Loop& loop, std::function<void()> woken) : handle_(new Handle) {
  handle_->woken = std::move(woken);
  const auto wake = [](uv_async_t* async) noexcept {
    Handle& handle = Handle::of(async);
    handle.pending.exchange(false);
    handle.woken();
  };
  INLET53_CHECK(uv_async_init(loop.raw(), &handle_->uv, wake) == 0);
}

Wakeup::~Wakeup() { handle_->close(); }

void Wakeup::wake() noexcept {
  if (!handle_->pending.exchange(true)) uv_async_send(&handle_->uv);
}

//--- SignalWatcher

struct SignalWatcher::Handle : HeapHandle<SignalWatcher::Handle, uv_signal_t> {
  std::function<void()> received;
};

SignalWatcher::SignalWatcher(Loop& loop, int signal, std::function<void()> received)
    : handle_(new Handle) {
  handle_->received = std::move(received);
  const auto deliver = [](uv_signal_t* handle, int) noexcept { Handle::of(handle).received(); };
  INLET53_CHECK(uv_signal_init(loop.raw(), &handle_->uv) == 0);
  INLET53_CHECK(uv_signal_start(&handle_->uv, deliver, signal) == 0);
}

SignalWatcher::~SignalWatcher() { handle_->close(); }

}  // namespace inlet53::net
