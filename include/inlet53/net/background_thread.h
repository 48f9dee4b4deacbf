// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "inlet53/base/check.h"
#include "inlet53/base/result.h"
#include "inlet53/base/text.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Runs jobs in order on its own thread with low priority (nice 10). For long work, such as
/// building or freeing a state. Threads: any, except the destructor: one.
class BackgroundThread {
 public:
  using Job = std::function<void()>;

  /// `name`: of the thread, at most 15 bytes. Throws std::system_error when the system gives no
  /// thread.
  explicit BackgroundThread(std::string name);
  /// Waits for the running job. Jobs that have not begun are destroyed without a run.
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  /// Adds a job. It is destroyed on the thread. An exception that leaves it is logged.
  void post(Job job);
  /// Waits until every job that was posted has ended.
  void wait_for_jobs();

 private:
  void run(const std::string& name);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool is_running_ = false;  // a job
  bool is_ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

/// A prepared value, or why there is none: texts for the operator, at least one.
template <class Value>
using PreparationResult = Result<std::unique_ptr<Value>, std::vector<std::string>>;

/// Runs a job. An exception that leaves it (no memory, no working directory) becomes its error.
template <class Value>
[[nodiscard]] PreparationResult<Value> run_preparation(
    const std::function<PreparationResult<Value>()>& job) {
  try {
    return job();
  } catch (const std::exception& error) {
    return Unexpected(std::vector<std::string>{
        concat("the configuration cannot be loaded: ", failure_text(error))});
  }
}

/// Prepares a value on a background thread for each request, one run at a time, and passes it to
/// the loop: a daemon reloads this way after HUP. Requests during a run, or while runs are paused,
/// cause one more run, because a file may have changed since the run read it.
///
///   request ──► begin (loop) ──► job (thread) ──► done (loop) ──► begin, if it was asked meanwhile
///
/// Threads: the loop's. Lifetime: the loop and the thread outlive it.
template <class Value>
class Preparation {
 public:
  /// Makes the value on the thread.
  using Job = std::function<PreparationResult<Value>()>;
  /// Makes the job of a run on the loop.
  using Begin = std::function<Job()>;
  /// Receives the value on the loop, and the number of the run. It may call `pause`.
  using Done = std::function<void(uint64_t run, PreparationResult<Value>)>;

  Preparation(Loop& loop, BackgroundThread& thread, Begin begin, Done done)
      : thread_(thread),
        begin_(std::move(begin)),
        done_(std::move(done)),
        finished_(loop, [this] { finish(); }) {}
  /// Waits for the running job.
  ~Preparation() { thread_.wait_for_jobs(); }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  /// Returns the number of the run that answers the request: it begins now or later. Runs have the
  /// numbers 1, 2 and so on.
  uint64_t request() {
    is_wanted_ = true;
    begin_if_wanted();
    return is_wanted_ ? run_ + 1 : run_;
  }

  /// Starts no run until `resume`.
  void pause() { is_paused_ = true; }
  void resume() {
    is_paused_ = false;
    begin_if_wanted();
  }

  /// Returns true while a job runs or its value waits for the loop.
  [[nodiscard]] bool is_running() const noexcept { return is_running_; }

 private:
  void begin_if_wanted() {
    if (!is_wanted_ || is_paused_ || is_running_) return;
    is_wanted_ = false;
    is_running_ = true;
    ++run_;
    thread_.post([this, job = begin_()] {
      auto value = run_preparation<Value>(job);
      {
        const std::lock_guard lock(mutex_);
        result_ = std::move(value);
      }
      finished_.wake();
    });
  }

  void finish() {
    std::optional<PreparationResult<Value>> result;
    {
      const std::lock_guard lock(mutex_);
      result = std::exchange(result_, std::nullopt);
    }
    if (!result) return;
    is_running_ = false;
    done_(run_, std::move(*result));
    begin_if_wanted();
  }

  BackgroundThread& thread_;
  const Begin begin_;
  const Done done_;
  std::mutex mutex_;
  std::optional<PreparationResult<Value>> result_;
  uint64_t run_ = 0;  // of the last run that has begun
  bool is_wanted_ = false;
  bool is_paused_ = false;
  bool is_running_ = false;
  Wakeup finished_;
};

}  // namespace inlet53::net
