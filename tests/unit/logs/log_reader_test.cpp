// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/log_reader.h"

#include <filesystem>
#include <vector>

#include "logs_support.h"
#include <gtest/gtest.h>

namespace inlet53::logs {
namespace {

using test::append;

class LogReaderTest : public testing::Test {
 protected:
  // Returns all lines that exist now.
  std::vector<std::string> rest() {
    std::vector<std::string> lines;
    for (;;) {
      const auto line = reader_.next();
      EXPECT_TRUE(line.has_value()) << line.error();
      if (!line || !*line) return lines;
      lines.emplace_back((*line)->text);
    }
  }

  void open() { ASSERT_TRUE(reader_.open().value()); }

  std::vector<std::string> last(size_t count) {
    EXPECT_TRUE(reader_.seek_last(count, [](std::string_view) { return true; }).has_value());
    return rest();
  }

  using Lines = std::vector<std::string>;
  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("query.log");
  LogReader reader_{path_};
};

TEST_F(LogReaderTest, HoldsBackAnUnterminatedLine) {
  append(path_, "one\ntwo\nthr");
  open();
  EXPECT_EQ(rest(), (Lines{"one", "two"}));
  append(path_, "ee");
  EXPECT_EQ(rest(), Lines{});
  append(path_, "\n\nfour\n");
  EXPECT_EQ(rest(), (Lines{"three", "", "four"}));
}

TEST_F(LogReaderTest, FollowsARotationByRename) {
  append(path_, "one\n");
  open();
  EXPECT_EQ(rest(), Lines{"one"});
  append(path_, "two\n");
  std::filesystem::rename(path_, path_ + ".1");
  append(path_ + ".1", "three\ntorn");
  // Only the old file exists.
  EXPECT_EQ(rest(), (Lines{"two", "three"}));
  append(path_, "four\n");
  EXPECT_EQ(rest(), Lines{"four"});
  append(path_, "five\n");
  EXPECT_EQ(rest(), Lines{"five"});
}

TEST_F(LogReaderTest, ReadsTheOldFileToItsEndFirst) {
  append(path_, "one\n");
  open();
  EXPECT_EQ(rest(), Lines{"one"});
  append(path_, "two\n");
  std::filesystem::rename(path_, path_ + ".1");
  append(path_, "three\n");
  EXPECT_EQ(rest(), (Lines{"two", "three"}));
}

TEST_F(LogReaderTest, FollowsEveryRotationThatItSees) {
  append(path_, "line\n");
  open();
  size_t lines = rest().size();
  for (int i = 0; i < 50; ++i) {
    append(path_, "line\n");
    std::filesystem::rename(path_, path_ + ".1");
    append(path_, "line\n");
    lines += rest().size();
  }
  EXPECT_EQ(lines, 101U);
}

TEST_F(LogReaderTest, WaitsForAFileThatIsNotThereYet) {
  EXPECT_FALSE(reader_.open().value());
  EXPECT_EQ(rest(), Lines{});
  append(path_, "one\n");
  EXPECT_EQ(rest(), Lines{"one"});
}

TEST_F(LogReaderTest, StartsAFileAnewThatBecameShorter) {
  append(path_, "one\ntwo\ntorn");
  open();
  EXPECT_EQ(rest(), (Lines{"one", "two"}));
  std::filesystem::resize_file(path_, 0);
  append(path_, "new\n");
  EXPECT_EQ(rest(), Lines{"new"});
}

TEST_F(LogReaderTest, RefusesWhatIsNoFile) {
  std::filesystem::create_directory(path_);
  const auto opened = reader_.open();
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().find(path_), std::string::npos);
}

TEST_F(LogReaderTest, SeeksTheLastLines) {
  append(path_, "one\ntwo\nthree\ntor");
  open();
  EXPECT_EQ(last(0), Lines{});
  EXPECT_EQ(last(1), Lines{"three"});
  EXPECT_EQ(last(2), (Lines{"two", "three"}));
  EXPECT_EQ(last(3), (Lines{"one", "two", "three"}));
  EXPECT_EQ(last(4), (Lines{"one", "two", "three"}));
  append(path_, "n\n");
  EXPECT_EQ(rest(), Lines{"torn"});
}

TEST_F(LogReaderTest, CompletesATornLineAfterSeekingTheEnd) {
  append(path_, "one\ntor");
  open();
  EXPECT_EQ(last(0), Lines{});
  append(path_, "n\n");
  EXPECT_EQ(rest(), Lines{"torn"});
}

TEST_F(LogReaderTest, SeeksInFilesWithoutAWholeLine) {
  append(path_, "");
  open();
  EXPECT_EQ(last(5), Lines{});
  append(path_, "torn");
  EXPECT_EQ(last(5), Lines{});
  append(path_, "\n");
  EXPECT_EQ(last(5), Lines{"torn"});
}

TEST_F(LogReaderTest, SeeksTheLastWantedLines) {
  append(path_, "a1\nb1\na2\nb2\na3\nb3\n");
  open();
  const auto wanted = [](std::string_view line) { return line.starts_with('a'); };
  ASSERT_TRUE(reader_.seek_last(2, wanted).has_value());
  EXPECT_EQ(rest(), (Lines{"a2", "b2", "a3", "b3"}));
  ASSERT_TRUE(reader_.seek_last(9, wanted).has_value());
  EXPECT_EQ(rest().size(), 6U);
}

// Lines of every size around the blocks in which the file is read.
TEST_F(LogReaderTest, ReadsAndSeeksAcrossBlocks) {
  Lines lines;
  std::string text;
  for (size_t i = 0; text.size() < (size_t{3} << 20); ++i) {
    lines.emplace_back(1 + i * 7919 % 100'003, static_cast<char>('a' + i % 26));
    text += lines.back() + '\n';
  }
  append(path_, text);
  open();
  EXPECT_EQ(rest(), lines);
  for (const size_t count : {size_t{1}, size_t{7}, lines.size() / 2, lines.size()}) {
    EXPECT_EQ(last(count), Lines(lines.end() - static_cast<ptrdiff_t>(count), lines.end()));
  }
}

TEST_F(LogReaderTest, GivesALineOverTheLimitInPieces) {
  append(path_, "one\n" + std::string(LogReader::kMaxLine + 1000, 'x') + "\ntwo\n");
  open();
  size_t octets = 0;
  for (const std::string& line : rest()) {
    EXPECT_LE(line.size(), LogReader::kMaxLine + (size_t{1} << 20));
    octets += line.size();
  }
  EXPECT_EQ(octets, LogReader::kMaxLine + 1000 + 6);
  EXPECT_EQ(last(1), Lines{"two"});
}

TEST_F(LogReaderTest, NumbersLines) {
  append(path_, "one\ntwo\nthree\nfour\n");
  open();
  std::vector<uint64_t> offsets;
  for (;;) {
    const auto line = reader_.next().value();
    if (!line) break;
    offsets.push_back(line->offset);
  }
  EXPECT_EQ(offsets, (std::vector<uint64_t>{0, 4, 8, 14}));
  EXPECT_EQ(reader_.line_number(8), 3U);
  EXPECT_EQ(reader_.line_number(14), 4U);
  EXPECT_EQ(reader_.line_number(4), 2U);
  std::filesystem::rename(path_, path_ + ".1");
  append(path_, "five\nsix\n");
  EXPECT_EQ(rest(), (Lines{"five", "six"}));
  EXPECT_EQ(reader_.line_number(5), 2U);
}

}  // namespace
}  // namespace inlet53::logs
