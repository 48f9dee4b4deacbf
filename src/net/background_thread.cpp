// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/background_thread.h"

#include <csignal>
#include <exception>
#include <utility>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::net {

namespace {

constexpr int kNice = 10;

// Only the thread with the loop handles signals.
void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): destroys the job on this thread, without the
// lock
void run_guarded(BackgroundThread::Job job) {
  try {
    job();
  } catch (const std::exception& error) {
    log_error(concat("a job in the background failed: ", failure_text(error)));
  }
}

}  // namespace

BackgroundThread::BackgroundThread(std::string name)
    : thread_(start_thread([this, name = std::move(name)] { run(name); })) {}

BackgroundThread::~BackgroundThread() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BackgroundThread::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void BackgroundThread::wait_for_jobs() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !is_running_; });
}

void BackgroundThread::run(const std::string& name) {
  block_all_signals();
  pthread_setname_np(pthread_self(), name.c_str());
  // On Linux each thread has its own nice value. If the system refuses, the value does not change.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice));
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_ending_ || !jobs_.empty(); });
    if (is_ending_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    is_running_ = true;
    lock.unlock();
    run_guarded(std::move(job));
    lock.lock();
    is_running_ = false;
    changed_.notify_all();
  }
}

}  // namespace inlet53::net
