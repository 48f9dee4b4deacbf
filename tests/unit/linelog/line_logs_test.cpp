// SPDX-License-Identifier: Apache-2.0
#include "inlet53/linelog/line_logs.h"

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

namespace inlet53::linelog {
namespace {

using std::chrono::milliseconds;

// Time that a test waits for a condition before it fails.
constexpr std::chrono::seconds kPatience{60};
constexpr milliseconds kLong{60'000};

bool wait_until(const std::function<bool()>& condition) {
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

//--- Writing

TEST_F(LineLogsTest, WritesLinesInOrderAndByThemselves) {
  start();
  const auto log = open("below/access.log");
  log->append("one");
  log->append("two");
  EXPECT_TRUE(wait_for("below/access.log", "one\ntwo\n"));
  log->append("three");  // the thread may sleep by now
  EXPECT_TRUE(wait_for("below/access.log", "one\ntwo\nthree\n"));
  EXPECT_TRUE(wait_until([&] { return logs->counts().written == 3; }));
}

TEST_F(LineLogsTest, AppendsToWhatIsThereAndWritesAllAtTheEnd) {
  std::ofstream(path("access.log")) << "before\n";
  start();
  open("access.log")->append("after");  // released at once
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(read("access.log"), "before\nafter\n");
  EXPECT_TRUE(logs->close(kLong)) << "again";
}

TEST_F(LineLogsTest, EndsALineThatWasLeftUnfinished) {
  std::ofstream(path("access.log")) << "whole\nunfini";
  start();
  open("access.log")->append("next");
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(read("access.log"), "whole\nunfini\nnext\n");
  EXPECT_EQ(logs->counts().written, 1U);
}

TEST_F(LineLogsTest, FinishesItsLineWhenTheSameFileIsOpenedAgain) {
  start();
  const auto log = open("access.log");
  disk.fail(ENOSPC, 2);
  log->append("one");
  EXPECT_TRUE(wait_for("access.log", "on"));
  logs->reopen();
  const int before = disk.calls();
  EXPECT_TRUE(wait_until([&] { return disk.calls() > before + 2; }));
  disk.repair();
  EXPECT_TRUE(wait_for("access.log", "one\n"));
}

TEST_F(LineLogsTest, GathersLinesIntoFewWrites) {
  start();
  const auto log = open("access.log");
  for (int i = 0; i < 1000; ++i) log->append("a line");
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(lines_in(read("access.log")), 1000U);
  EXPECT_LT(disk.calls(), 100);
}

TEST_F(LineLogsTest, MakesALineOfATextWithLineEnds) {
  start();
  open("access.log")->append("one\ntwo\n");
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(read("access.log"), "one two \n");
  EXPECT_EQ(logs->counts().written, 1U);
}

TEST_F(LineLogsTest, SharesAFileThatIsOpen) {
  start();
  const auto one = open("access.log");
  EXPECT_EQ(open("access.log"), one);
  EXPECT_NE(open("other.log"), one);
}

TEST_F(LineLogsTest, WritesTheLastLinesOfALogThatNothingHolds) {
  start();
  for (int i = 0; i < 20; ++i) open("access.log")->append("line");
  EXPECT_TRUE(wait_until([&] { return logs->counts().written == 20; }));
  EXPECT_EQ(lines_in(read("access.log")), 20U);
}

TEST_F(LineLogsTest, TakesLinesFromManyThreads) {
  start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto log = open(i % 2 == 0 ? "even.log" : "odd.log");
      for (int n = 0; n < 500; ++n) log->append("line " + std::to_string(n));
      if (i == 3) logs->reopen();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(lines_in(read("even.log")), 1000U);
  EXPECT_EQ(lines_in(read("odd.log")), 1000U);
}

TEST_F(LineLogsTest, WritesToADescriptorThatIsOpen) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  start();
  logs->adopt(ends[1], "stderr")->append("hello");
  EXPECT_TRUE(logs->close(kLong));
  close(ends[1]);
  char text[16];
  EXPECT_EQ(::read(ends[0], text, sizeof text), 6);
  EXPECT_EQ(std::string(text, 6), "hello\n");
  EXPECT_EQ(::read(ends[0], text, sizeof text), 0) << "the duplicate is closed";
  close(ends[0]);
}

TEST_F(LineLogsTest, SharesADescriptorByItsNameAndCountsLinesForAClosedOne) {
  start();
  const int closed = 1 << 20;
  const auto log = logs->adopt(closed, "stderr");
  EXPECT_EQ(logs->adopt(closed, "stderr"), log);
  log->append("lost");
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(logs->counts().dropped_disk, 1U);
}

TEST_F(LineLogsTest, OpensAFileLater) {
  start();
  std::ofstream(path("below")) << "a file, so that no directory can be made";
  testing::internal::CaptureStderr();
  const auto log = logs->open_later(path("below/hello.log"));
  EXPECT_EQ(logs->open_later(path("below/hello.log")), log);
  log->append("one");
  // The writer handles logs in their order: this line is written after the first attempt.
  open("other.log")->append("here");
  EXPECT_TRUE(wait_for("other.log", "here\n"));
  std::filesystem::remove(path("below"));
  EXPECT_TRUE(wait_for("below/hello.log", "one\n"));
  EXPECT_TRUE(logs->close(kLong));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("below/hello.log: cannot be written, tried again every 100 ms: it cannot be "
                      "opened: its directory " +
                      path("below") + " cannot be made: Not a directory"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("below/hello.log: is written again"), std::string::npos) << said;
}

TEST_F(LineLogsTest, NamesTheFileThatItCannotOpen) {
  start();
  const auto directory = logs->open(folder);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error(), folder + ": cannot be opened: Is a directory");
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  const auto fifo = logs->open(path("fifo"));
  ASSERT_FALSE(fifo);
  EXPECT_EQ(fifo.error(), path("fifo") + ": cannot be opened: no process reads it");
}

//--- Reopening

TEST_F(LineLogsTest, SaysWhichDirectoryItCannotMake) {
  start();
  std::ofstream(path("file")) << "a file";
  const auto log = logs->open(path("file/logs/access.log"));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error(), path("file/logs/access.log") + ": cannot be opened: its directory " +
                             path("file/logs") + " cannot be made: Not a directory");
}

TEST_F(LineLogsTest, OpensAgainAfterARename) {
  start();
  const auto log = open("access.log");
  log->append("old");
  std::filesystem::rename(path("access.log"), path("access.log.1"));
  log->append("still old");
  logs->reopen();
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(path("access.log")); }));
  log->append("new");
  EXPECT_TRUE(wait_for("access.log", "new\n"));
  EXPECT_EQ(read("access.log.1"), "old\nstill old\n");
}

TEST_F(LineLogsTest, KeepsTheOldFileWhenThePathCannotBeOpened) {
  start();
  const auto log = open("access.log");
  std::filesystem::rename(path("access.log"), path("access.log.1"));
  std::filesystem::create_directory(path("access.log"));
  logs->reopen();
  log->append("line");
  EXPECT_TRUE(wait_for("access.log.1", "line\n"));
}

TEST_F(LineLogsTest, MakesADeletedFileAndItsDirectoryAgain) {
  start();
  const auto log = open("below/access.log");
  log->append("gone");
  EXPECT_TRUE(wait_for("below/access.log", "gone\n"));
  std::filesystem::remove_all(path("below"));
  log->append("here");
  EXPECT_TRUE(wait_for("below/access.log", "here\n"));
}

TEST_F(LineLogsTest, KeepsLinesWhileADeletedFileCannotBeMade) {
  start();
  const auto log = open("below/access.log");
  std::filesystem::remove_all(path("below"));
  std::ofstream(path("below")) << "a file, so that no directory can be made";
  log->append("one");
  log->append("two");
  logs->reopen();
  std::filesystem::remove(path("below"));
  EXPECT_TRUE(wait_for("below/access.log", "one\ntwo\n"));
  EXPECT_EQ(logs->counts().dropped_disk, 0U);
}

//--- A slow disk

TEST_F(LineLogsTest, DoesNotWaitForADiskThatHangsAndCountsEachLine) {
  start(size_t{1} << 20);
  const auto log = open("access.log");
  disk.stop();
  const std::string line(1023, 'x');
  for (int i = 0; i < 1000; ++i) log->append(line);  // a quarter of 1 MiB has room for 256
  LineCounts counts = logs->counts();
  EXPECT_EQ(counts.waiting, 256U);
  EXPECT_EQ(counts.dropped_full, 744U);
  EXPECT_EQ(counts.dropped_disk, 0U);
  disk.go_on();
  EXPECT_TRUE(wait_until([&] { return logs->counts().waiting == 0; }));
  log->append(line);
  EXPECT_TRUE(logs->close(kLong));
  counts = logs->counts();
  EXPECT_EQ(counts.written, 257U);
  EXPECT_EQ(lines_in(read("access.log")), 257U);
  EXPECT_EQ(all(), 1001U);
}

TEST_F(LineLogsTest, ReportsDroppedLinesWhileItHappens) {
  start(4096);
  const auto log = open("access.log");
  disk.stop();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 4; ++i) log->append(std::string(500, 'x'));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find(path("access.log") + ": 1 line dropped: the file takes lines too slowly"),
            std::string::npos)
      << said;
  disk.go_on();
}

TEST_F(LineLogsTest, BoundsAllLogsTogether) {
  start(4096);
  disk.stop();
  std::vector<std::shared_ptr<LineLog>> all_logs;
  for (int i = 0; i < 8; ++i) {
    all_logs.push_back(open("log" + std::to_string(i)));
    for (int n = 0; n < 2; ++n) all_logs.back()->append(std::string(511, 'x'));
  }
  EXPECT_EQ(logs->counts().waiting, 8U);
  EXPECT_EQ(logs->counts().dropped_full, 8U);
  disk.go_on();
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(logs->counts().written, 8U);
}

TEST_F(LineLogsTest, WritesOtherLogsWhileAFifoIsNotRead) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  const int reader = ::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  start(size_t{1} << 20);
  const auto fifo = open("fifo");
  const std::string line(1000, 'x');
  uint64_t appended = 0;
  EXPECT_TRUE(wait_until([&] {
    fifo->append(line);
    ++appended;
    return logs->counts().dropped_full > 0;
  }));
  open("access.log")->append("here");
  EXPECT_TRUE(wait_for("access.log", "here\n"));
  // The reader makes space in the pipe.
  std::string read_back;
  char buffer[4096];
  EXPECT_TRUE(wait_until([&] {
    const ssize_t count = ::read(reader, buffer, sizeof buffer);
    if (count > 0) read_back.append(buffer, static_cast<size_t>(count));
    return logs->counts().waiting == 0 && count <= 0;
  }));
  EXPECT_EQ(lines_in(read_back) + logs->counts().dropped_full, appended);
  EXPECT_EQ(read_back.find_first_not_of("x\n"), std::string::npos);
  close(reader);
}

//--- A disk that refuses

TEST_F(LineLogsTest, KeepsLinesForADiskThatIsFullForAWhile) {
  start();
  const auto log = open("access.log");
  disk.fail(ENOSPC, 6);  // within the second line
  testing::internal::CaptureStderr();
  log->append("one");
  log->append("two");
  EXPECT_TRUE(wait_until([&] { return disk.calls() > 3; })) << "tried again";
  log->append("three");
  EXPECT_EQ(logs->counts().dropped_disk, 0U);
  disk.repair();
  EXPECT_TRUE(wait_for("access.log", "one\ntwo\nthree\n"));
  EXPECT_TRUE(logs->close(kLong));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("access.log: cannot be written, tried again every 100 ms: No space left"),
            std::string::npos)
      << said;
  EXPECT_EQ(said.find("cannot be written"), said.rfind("cannot be written")) << "once";
  EXPECT_NE(said.find("access.log: is written again; 0 lines were dropped meanwhile"),
            std::string::npos)
      << said;
  EXPECT_EQ(logs->counts().written, 3U);
}

TEST_F(LineLogsTest, SaysAgainAfterAReopeningThatTheDiskIsFull) {
  start();
  const auto log = open("access.log");
  disk.fail(ENOSPC, 0);
  testing::internal::CaptureStderr();
  log->append("one");
  const auto tried_again = [&] {
    const int before = disk.calls();
    return wait_until([&] { return disk.calls() > before + 2; });
  };
  EXPECT_TRUE(tried_again());
  logs->reopen();
  EXPECT_TRUE(tried_again());
  disk.repair();
  EXPECT_TRUE(wait_for("access.log", "one\n"));
  const std::string said = testing::internal::GetCapturedStderr();
  const size_t first = said.find("cannot be written");
  EXPECT_NE(first, said.rfind("cannot be written")) << said;
}

TEST_F(LineLogsTest, CountsWhatAFullDiskDoesNotTake) {
  start(4096);
  const auto full = logs->open("/dev/full");
  ASSERT_TRUE(full) << full.error();
  (*full)->append("one");
  EXPECT_TRUE(wait_until([&] {
    (*full)->append(std::string(99, 'x'));
    return logs->counts().dropped_disk > 0;
  })) << "once the file has refused, the reason is the disk";
  const uint64_t appended = all();
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(logs->counts().waiting, 0U);
  EXPECT_EQ(logs->counts().written, 0U);
  EXPECT_EQ(all(), appended);
  (*full)->append("too late");
  EXPECT_EQ(all(), appended + 1);
}

TEST_F(LineLogsTest, StartsANewFileWithTheWholeLine) {
  start();
  const auto log = open("access.log");
  disk.fail(ENOSPC, 6);
  log->append("one");
  log->append("two");
  EXPECT_TRUE(wait_for("access.log", "one\ntw"));
  std::filesystem::rename(path("access.log"), path("access.log.1"));
  disk.repair();
  // Between repair and reopening the old file may get the rest of its line.
  logs->reopen();
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(path("access.log")); }));
  log->append("three");
  EXPECT_TRUE(logs->close(kLong));
  EXPECT_EQ(logs->counts().written, 3U);
  const std::string all_text = read("access.log.1") + "|" + read("access.log");
  EXPECT_TRUE(all_text == "one\ntw|two\nthree\n" || all_text == "one\ntwo\n|three\n") << all_text;
}

//--- The end

TEST_F(LineLogsTest, EndsInTimeAlthoughAWriteHangs) {
  start();
  const auto log = open("access.log");
  disk.stop();
  for (int i = 0; i < 10; ++i) log->append("line");
  EXPECT_TRUE(wait_until([&] { return disk.calls() > 0; }));
  EXPECT_FALSE(logs->close(milliseconds(1)));
  EXPECT_EQ(logs->counts().dropped_disk, 10U);
  log->append("late");
  EXPECT_EQ(logs->counts().dropped_disk, 11U);
  disk.go_on();  // the thread ends by itself; its write no longer counts
  EXPECT_TRUE(wait_until([&] { return !read("access.log").empty(); }));
  EXPECT_EQ(all(), 11U);
  EXPECT_EQ(logs->counts().written, 0U);
}

TEST_F(LineLogsTest, EndsInTimeAlthoughAFifoIsNotRead) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  const int reader = ::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  start();
  const auto fifo = open("fifo");
  for (int i = 0; i < 200; ++i) fifo->append(std::string(999, 'x'));
  EXPECT_TRUE(logs->close(milliseconds(1)));
  const LineCounts counts = logs->counts();
  EXPECT_EQ(counts.waiting, 0U);
  EXPECT_GT(counts.dropped_disk + counts.dropped_full, 0U);
  EXPECT_EQ(all(), 200U);
  close(reader);
}

}  // namespace
}  // namespace inlet53::linelog
