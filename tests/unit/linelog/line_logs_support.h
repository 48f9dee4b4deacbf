// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/linelog/line_logs.h"

/// Line logs on a disk that tests can stop and break.
namespace inlet53::linelog {
using std::chrono::milliseconds;

/// Time that a test waits for a condition before it fails.
inline constexpr std::chrono::seconds kPatience{60};
inline constexpr milliseconds kLong{60'000};

inline bool wait_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Disk that tests can stop and break.
class Disk {
 public:
  /// Like write(2) on this disk. Keeps the disk, because a detached thread may still write.
  static LineLogs::Write write(std::shared_ptr<Disk> disk) {
    return [disk = std::move(disk)](int descriptor, std::string_view bytes) {
      return disk->write(descriptor, bytes);
    };
  }
  void stop() {
    set([this] { stopped_ = true; });
  }
  void go_on() {
    set([this] { stopped_ = false; });
  }
  /// Accepts `room` more bytes and then returns this error.
  void fail(int error, size_t room = 0) {
    set([&] {
      error_ = error;
      room_ = room;
    });
  }
  void repair() {
    set([this] { error_ = 0; });
  }
  /// Returns the number of calls of write.
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  ssize_t write(int descriptor, std::string_view bytes) {
    std::unique_lock lock(mutex_);
    ++calls_;
    changed_.wait(lock, [this] { return !stopped_; });
    if (error_ != 0) {
      if (room_ == 0) {
        errno = error_;
        return -1;
      }
      bytes = bytes.substr(0, room_);
      room_ -= bytes.size();
    }
    return ::write(descriptor, bytes.data(), bytes.size());
  }
  void set(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  int error_ = 0;
  size_t room_ = 0;
  int calls_ = 0;
};

class LineLogsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder.data()), nullptr); }
  void TearDown() override {
    logs.reset();
    std::filesystem::remove_all(folder);
  }

  LineLogs& start(size_t max_waiting = size_t{32} << 20) {
    return logs.emplace(
        LineLogs::Options{.max_waiting = max_waiting, .write = Disk::write(disk_owner)});
  }
  std::shared_ptr<LineLog> open(const std::string& name) {
    auto log = logs->open(path(name));
    EXPECT_TRUE(log) << log.error();
    return *log;
  }
  std::string path(const std::string& name) const { return folder + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool wait_for(const std::string& name, const std::string& text) const {
    const bool came = wait_until([&] { return read(name) == text; });
    EXPECT_EQ(read(name), text);
    return came;
  }
  uint64_t all() const {
    const LineCounts counts = logs->counts();
    return counts.written + counts.dropped_full + counts.dropped_disk + counts.waiting;
  }
  static uint64_t lines_in(const std::string& text) {
    return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
  }

  std::string folder = "/tmp/inlet53-lines-XXXXXX";
  const std::shared_ptr<Disk> disk_owner = std::make_shared<Disk>();
  Disk& disk = *disk_owner;
  std::optional<LineLogs> logs;
};

}  // namespace inlet53::linelog
