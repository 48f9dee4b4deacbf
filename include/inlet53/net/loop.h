// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

struct uv_loop_s;

namespace inlet53::net {

/// One thread's event loop (libuv). Everything made on it belongs to its thread, but
/// `Wakeup::wake`. Lifetime: outlives what was made on it. The objects of this header close their
/// libuv handle asynchronously: destroying one is allowed at any time on the loop's thread, its
/// callback does not come after that, and the handle itself lives on until libuv has let go of it
/// (`~Loop` runs the loop until every handle is closed).
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until `stop`, or until nothing is left to wait for. Threads: the loop's.
  void run();
  /// Ends `run` after this turn's callbacks. Called before `run`, it ends that run at once.
  /// Threads: the loop's (others go through a `Wakeup`).
  void stop();
  /// Milliseconds on the monotonic clock, as read at the start of this turn. Cost: none.
  [[nodiscard]] uint64_t now_ms() const noexcept;
  /// The libuv loop, for the units of this module.
  [[nodiscard]] uv_loop_s* raw() noexcept;

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

/// Calls back when a descriptor can be read, has ended or has an error to tell (level-triggered;
/// expect EAGAIN). Requires: a descriptor that epoll takes (no regular file) and that stays open
/// until the watcher is destroyed; it is made non-blocking.
class ReadWatcher {
 public:
  ReadWatcher(Loop& loop, int descriptor, std::function<void()> readable);
  ~ReadWatcher();
  ReadWatcher(const ReadWatcher&) = delete;
  ReadWatcher& operator=(const ReadWatcher&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls back after a time, once or again and again. Stopped when made. Counts from the loop's
/// `now_ms`, in milliseconds.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> expired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// First after `delay_ms`, then every `repeat_ms` (0: once). Starting again replaces.
  void start(uint64_t delay_ms, uint64_t repeat_ms = 0);
  void stop();
  [[nodiscard]] bool active() const;

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls back at the end of a turn, before the loop waits for events again: for what is collected
/// during a turn and done at once, such as datagrams for one system call.
class TurnEnd {
 public:
  TurnEnd(Loop& loop, std::function<void()> ended);
  ~TurnEnd();
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;

  /// Asks for one call. Asked again before it, nothing changes; asked within it, another follows
  /// at once. Cost: no system call.
  void ask() noexcept;

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls back in every turn of the loop, which does not wait for events meanwhile. Stopped when
/// made.
class EveryTurn {
 public:
  EveryTurn(Loop& loop, std::function<void()> turned);
  ~EveryTurn();
  EveryTurn(const EveryTurn&) = delete;
  EveryTurn& operator=(const EveryTurn&) = delete;

  /// Cost: no system call.
  void start() noexcept;
  void stop() noexcept;

 private:
  struct Handle;
  Handle* handle_;
};

/// Lets other threads wake the loop. Several wakes may come as one callback; each wake is followed
/// by a callback that sees what its thread wrote before it.
/// Lifetime: destroyed on the loop's thread, when no other thread can wake it any more.
class Wakeup {
 public:
  Wakeup(Loop& loop, std::function<void()> woken);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// Threads: any. Cost: one atomic exchange, and one system call when none is pending.
  void wake() noexcept;

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls back in the loop when the process gets `signal`; its default action does not happen.
class SignalWatcher {
 public:
  SignalWatcher(Loop& loop, int signal, std::function<void()> received);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace inlet53::net
