// SPDX-License-Identifier: Apache-2.0
#include "querylog/log_file.h"

#include "log_test_support.h"
#include "querylog/log_output.h"
#include <sys/stat.h>

namespace inlet53::querylog {

namespace {

using test::read_file;
using test::TempFolder;
using test::write_file;

TEST(LogFile, MakesAFileForOwnerAndGroup) {
  const TempFolder folder;
  const mode_t mask = umask(0);
  const auto file = LogFile::open(folder.file());
  umask(mask);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->opened_size(), 0U);
  struct stat status {};
  ASSERT_EQ(stat(folder.file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST(LogFile, MakesItsDirectoryOrSaysWhyItCannot) {
  const TempFolder folder;
  EXPECT_TRUE(LogFile::open(folder.file("a/b/query.log")));
  const auto below_a_file = LogFile::open(folder.file("a/b/query.log/c/query.log"));
  ASSERT_FALSE(below_a_file);
  EXPECT_EQ(below_a_file.error(),
            "its directory " + folder.file("a/b/query.log/c") + " cannot be made: Not a directory");
}

TEST(LogFile, CutsAnUnfinishedLastLine) {
  struct Case {
    std::string before, after;
  };
  const std::string line = std::string(300, 'a') + '\n';
  const std::string unfinished(200'000, 'b');
  for (const Case& c : std::initializer_list<Case>{{"", ""},
                                                   {"one\n", "one\n"},
                                                   {"one\ntw", "one\n"},
                                                   {"one\n\nt", "one\n\n"},
                                                   {"torn from the first record on", ""},
                                                   {line + unfinished, line},
                                                   {unfinished, ""}}) {
    const TempFolder folder;
    write_file(folder.file(), c.before);
    const auto file = LogFile::open(folder.file());
    ASSERT_TRUE(file) << file.error();
    EXPECT_EQ(file->opened_size(), c.after.size());
    EXPECT_TRUE(read_file(folder.file()) == c.after);
  }
}

TEST(LogFile, LeavesAFileThatIsNoLog) {
  const TempFolder folder;
  const std::string binary(3 * kBufferSize, '\0');
  write_file(folder.file(), binary);
  const auto file = LogFile::open(folder.file());
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().find("no line end"), std::string::npos) << file.error();
  EXPECT_TRUE(read_file(folder.file()) == binary);
}

TEST(LogFile, RefusesWhatIsNotARegularFile) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo(folder.file().c_str(), 0600), 0);
  EXPECT_FALSE(LogFile::open(folder.file()));
  EXPECT_FALSE(LogFile::open("/dev/null"));
  const auto below_a_file = LogFile::open(folder.file() + "/query.log");
  ASSERT_FALSE(below_a_file);
  EXPECT_NE(below_a_file.error().find("Not a directory"), std::string::npos)
      << below_a_file.error();
}

TEST(LogFile, LetsOneWriterOnly) {
  const TempFolder folder;
  {
    const auto first = LogFile::open(folder.file());
    ASSERT_TRUE(first) << first.error();
    const auto second = LogFile::open(folder.file());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "another process writes it");
  }
  EXPECT_TRUE(LogFile::open(folder.file()));
}

TEST(LogFile, KnowsWhetherItIsStillAtItsName) {
  const TempFolder folder;
  const auto file = LogFile::open(folder.file());
  ASSERT_TRUE(file) << file.error();
  EXPECT_TRUE(file->is_at(folder.file()));
  std::filesystem::rename(folder.file(), folder.file("moved"));
  EXPECT_FALSE(file->is_at(folder.file()));
  write_file(folder.file(), "");
  EXPECT_FALSE(file->is_at(folder.file()));
}

// Appends about a megabyte at a time from odd offsets, so that whole blocks, page boundaries,
// incomplete blocks and the end of the window all occur, and compares the content of the file.
TEST(LogStage, WritesEveryByteOnceAtAnyOffset) {
  const TempFolder folder;
  std::string expected = "a file that was there before\n";
  write_file(folder.file(), expected);
  auto file = LogFile::open(folder.file());
  ASSERT_TRUE(file) << file.error();
  LogStage stage;
  stage.restart(file->opened_size());
  uint64_t number = 0;
  for (int step = 0; step < 25; ++step) {
    std::string records;
    const size_t size = static_cast<size_t>(step * 77'777) % kBufferSize;
    while (records.size() < size) records += test::record(0, number++);
    records.resize(std::min(records.size(), stage.room()));
    stage.append(records);
    expected += records;
    ASSERT_EQ(stage.write(*file, step % 3 == 0 ? stage.end() : stage.end_of_blocks()), 0);
    ASSERT_TRUE(read_file(folder.file()) == expected.substr(0, stage.written()));
  }
  ASSERT_EQ(stage.write(*file, stage.end()), 0);
  EXPECT_TRUE(read_file(folder.file()) == expected);
  EXPECT_EQ(stage.pending_records(), 0U);
}

TEST(LogStage, TakesARecordBackOverTheWindowsEdge) {
  const TempFolder folder;
  auto file = LogFile::open(folder.file());
  ASSERT_TRUE(file) << file.error();
  LogStage stage;
  const std::string line = std::string(300'000 - 1, 'x') + '\n';
  std::string expected;
  while (expected.size() < 20 * LogStage::kBlock) {
    stage.append(line);
    expected += line;
    // A write that ends in the middle of the record, as a full disk ends it.
    ASSERT_EQ(stage.write(*file, stage.end() - 150'000), 0);
    stage.discard_torn_record();
    ASSERT_EQ(stage.written() % line.size(), 0U);
    ASSERT_EQ(stage.pending_records(), 1U);
    file->truncate(stage.written());
    ASSERT_EQ(stage.write(*file, stage.end()), 0);
  }
  EXPECT_TRUE(read_file(folder.file()) == expected);
  EXPECT_EQ(stage.written_octets(), expected.size());
}

}  // namespace

namespace {

using test::read_file;
using test::TempFolder;
using test::write_file;

constexpr int64_t kTime = 1795344772;  // 2026-11-22T10:52:52Z
using Names = std::vector<std::string>;

std::string rotate(const std::string& path, std::string_view text, int64_t time) {
  write_file(path, text);
  const auto moved = move_aside(path, time);
  return moved ? moved->substr(path.size()) : "errno " + std::to_string(moved.error());
}

TEST(Rotation, NamesAFileByTheSecondAndNeverTwice) {
  const TempFolder folder;
  EXPECT_EQ(rotate(folder.file(), "1", kTime), ".20261122T105252Z");
  EXPECT_EQ(rotate(folder.file(), "2", kTime), ".20261122T105252Z-2");
  EXPECT_EQ(rotate(folder.file(), "3", kTime), ".20261122T105252Z-3");
  EXPECT_EQ(rotate(folder.file(), "4", kTime + 1), ".20261122T105253Z");
  EXPECT_EQ(read_file(folder.file("query.log.20261122T105252Z")), "1");
  EXPECT_EQ(read_file(folder.file("query.log.20261122T105252Z-3")), "3");
}

TEST(Rotation, KeepsOrderWhenTheClockGoesBack) {
  const TempFolder folder;
  EXPECT_EQ(rotate(folder.file(), "1", kTime), ".20261122T105252Z");
  EXPECT_EQ(rotate(folder.file(), "2", kTime - 3600), ".20261122T105252Z-2");
}

TEST(Rotation, RemovesTheOldestOfItsOwnOnly) {
  const TempFolder folder;
  for (int i = 0; i < 12; ++i) rotate(folder.file(), "x", kTime);
  rotate(folder.file(), "x", kTime - 60);
  for (const char* foreign : {"query.log.1", "query.log.20261122T105252Z.gz", "query.log.2026",
                              "query.log.20261122T105252Z-", "other.log.20261122T105252Z"}) {
    write_file(folder.file(foreign), "x");
  }
  remove_oldest(folder.file(), 2);
  EXPECT_EQ(folder.names(),
            (Names{"other.log.20261122T105252Z", "query.log.1", "query.log.2026",
                   "query.log.20261122T105252Z-", "query.log.20261122T105252Z-12",
                   "query.log.20261122T105252Z-13", "query.log.20261122T105252Z.gz"}));
}

TEST(Rotation, SaysWhyItFails) {
  const TempFolder folder;
  const auto moved = move_aside(folder.file("missing.log"), kTime);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error(), ENOENT);
}

}  // namespace

}  // namespace inlet53::querylog
