// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

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

}  // namespace inlet53::net
