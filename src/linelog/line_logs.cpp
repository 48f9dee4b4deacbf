// SPDX-License-Identifier: Apache-2.0
#include "inlet53/linelog/line_logs.h"

#include <csignal>
#include <thread>
#include <utility>

#include "line_file.h"
#include "line_queues.h"
#include "line_writer.h"
#include <pthread.h>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53::linelog {

namespace {

constexpr std::chrono::milliseconds kCloseLimit{1000};

// The thread with a loop handles signals.
void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

//--- LineLog

LineLog::LineLog(std::shared_ptr<LineQueues> queues, std::shared_ptr<LineQueue> queue)
    : queues_(std::move(queues)), queue_(std::move(queue)) {}

LineLog::~LineLog() { queues_->release(*queue_); }

void LineLog::append(std::string_view line) { queues_->append(*queue_, line); }

//--- LineLogs

LineLogs::LineLogs(Options options)
    : queues_(std::make_shared<LineQueues>(options.max_waiting)),
      thread_(start_thread([queues = queues_, write = std::move(options.write)] {
        block_all_signals();
        pthread_setname_np(pthread_self(), "line-logs");
        LineWriter(queues, write).run();
      })) {}

LineLogs::~LineLogs() { close(kCloseLimit); }

void LineLogs::set_max_waiting(size_t bytes) { queues_->set_max_waiting(bytes); }

Result<std::shared_ptr<LineLog>, std::string> LineLogs::open(const std::string& path) {
  if (auto log = find(path)) return log;
  auto file = LineFile::open(path);  // outside the lock: it may take long
  if (!file) return Unexpected(concat(path, ": cannot be opened: ", file.error()));
  return add(path, path, std::move(*file));
}

std::shared_ptr<LineLog> LineLogs::open_later(const std::string& path) {
  return add(path, path, LineFile());
}

std::shared_ptr<LineLog> LineLogs::adopt(int descriptor, const std::string& name) {
  return add(name, "", LineFile::duplicate(descriptor));
}

std::shared_ptr<LineLog> LineLogs::find(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(path);
  return found == logs_.end() ? nullptr : found->second.lock();
}

// Shares a log that already has the name, and closes `file` then.
std::shared_ptr<LineLog> LineLogs::add(const std::string& name, const std::string& path,
                                       LineFile file) {
  const std::lock_guard lock(mutex_);
  std::erase_if(logs_, [](const auto& one) { return one.second.expired(); });
  std::weak_ptr<LineLog>& entry = logs_[name];
  if (auto log = entry.lock()) return log;
  auto queue = std::make_shared<LineQueue>(name, path);
  auto log = std::make_shared<LineLog>(queues_, queue);
  queues_->add(std::move(queue), std::move(file));
  entry = log;
  return log;
}

void LineLogs::reopen() { queues_->ask_reopen(); }

bool LineLogs::close(std::chrono::milliseconds limit) {
  if (!thread_.joinable()) return true;
  const bool ended = queues_->end_writer(limit);
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();  // it owns what it uses
  }
  return ended;
}

LineCounts LineLogs::counts() const { return queues_->counts(); }

}  // namespace inlet53::linelog
