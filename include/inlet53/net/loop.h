// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

struct uv_loop_s;

namespace inlet53::net {

/// Event loop of one thread (libuv). All objects on it belong to its thread, except `Wakeup::wake`.
/// Lifetime: outlives these objects. The objects of this header close their libuv handles
/// asynchronously. Their destructors may run at any time on the loop's thread; no callback follows.
/// The handle itself exists until libuv has closed it (`~Loop` runs the loop until every handle is
/// closed).
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until `stop`, or until the loop has nothing to wait for. Threads: the loop's.
  void run();
  /// Ends `run` after this turn's callbacks. Called before `run`, it ends that run at once.
  /// Threads: the loop's (other threads use a `Wakeup`).
  void stop();
  /// Milliseconds on the monotonic clock, as read at the start of this turn. Cost: none.
  [[nodiscard]] uint64_t now_ms() const noexcept;
  /// Returns the libuv loop, for the sources of this module.
  [[nodiscard]] uv_loop_s* raw() noexcept;

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

/// Calls back when a descriptor is readable, has ended or has an error (level-triggered; expect
/// EAGAIN). Requires: the descriptor works with epoll (no regular file) and stays open until the
/// watcher is destroyed. The watcher makes it non-blocking.
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

/// Calls back after a delay, once or repeatedly. Stopped at first. Counts milliseconds from the
/// loop's `now_ms`.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> expired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Starts: first after `delay_ms`, then every `repeat_ms` (0: once). A new start replaces the
  /// previous one.
  void start(uint64_t delay_ms, uint64_t repeat_ms = 0);
  void stop();
  [[nodiscard]] bool active() const;

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls back at the end of a turn, before the loop waits for events again. For work that is
/// collected during a turn and done together, such as datagrams for one system call.
class TurnEnd {
 public:
  TurnEnd(Loop& loop, std::function<void()> ended);
  ~TurnEnd();
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;

  /// Requests one call. Further requests before that call change nothing. A request inside the call
  /// causes another call at once. Cost: no system call.
  void request() noexcept;

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls back in every turn of the loop. The loop does not wait for events while it runs. Stopped
/// at first.
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

/// Wakes the loop from other threads. Several wakes may cause one callback. Each wake is followed
/// by a callback that sees the earlier writes of its thread.
/// Lifetime: destroyed on the loop's thread, after the last possible `wake`.
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

/// Calls back in the loop when the process gets `signal`. The default action does not happen.
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
