// SPDX-License-Identifier: Apache-2.0
#include "line_logs_support.h"

namespace inlet53::linelog {
namespace {

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

}  // namespace
}  // namespace inlet53::linelog
