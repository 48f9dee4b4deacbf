// SPDX-License-Identifier: Apache-2.0
#include "line_logs_support.h"

namespace inlet53::linelog {
namespace {

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
