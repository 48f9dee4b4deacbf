// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/tail.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <thread>

#include "logs_support.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace inlet53::logs {
namespace {

using test::append;
using test::line_for;

class TailTest : public testing::Test {
 protected:
  TailTest() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(pipe2(pipe_.data(), O_CLOEXEC), 0);
    options_.file = path_;
    options_.format = TailFormat::Json;
  }

  ~TailTest() override {
    stop_ = true;
    if (follower_.joinable()) follower_.join();
    close_reader();
    close_writer();
  }

  void close_reader() { close_end(pipe_[0]); }
  void close_writer() { close_end(pipe_[1]); }

  // Returns the output of a tail without `follow`.
  std::string output() {
    const auto counts = run_tail(options_, pipe_[1], stop_);
    EXPECT_TRUE(counts.has_value()) << counts.error();
    if (counts) counts_ = *counts;
    close_writer();
    std::string out;
    for (char c = 0; read(pipe_[0], &c, 1) == 1;) out += c;
    return out;
  }

  void follow() {
    options_.follow = true;
    follower_ = std::thread([this] {
      const auto counts = run_tail(options_, pipe_[1], stop_);
      EXPECT_TRUE(counts.has_value()) << counts.error();
      if (counts) counts_ = *counts;
    });
  }

  // Waits for the follower's next line and returns it.
  std::string next_line() {
    std::string line;
    for (char c = 0; read(pipe_[0], &c, 1) == 1;) {
      line += c;
      if (c == '\n') break;
    }
    return line;
  }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.file("query.log");
  TailOptions options_;
  TailCounts counts_;
  std::atomic<bool> stop_ = false;
  std::thread follower_;

 private:
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }

  std::array<int, 2> pipe_ = {-1, -1};
};

TEST_F(TailTest, WritesRecordsOctetForOctet) {
  const std::string odd =
      R"( {"later":1,  )" + test::Line{.name = R"(a\\000\"b.)"}.text().substr(1) + '\n';
  append(path_, odd + line_for("b."));
  EXPECT_EQ(output(), odd + line_for("b."));
  EXPECT_EQ(counts_.shown, 2U);
}

TEST_F(TailTest, ShowsTheNewestThatPassTheFilter) {
  for (int i = 0; i < 9; ++i) {
    append(path_, line_for("a" + std::to_string(i) + ".example.") + line_for("other."));
  }
  options_.records = 2;
  options_.filter = LogFilter::parse({.name = "*.example"}).value();
  EXPECT_EQ(output(), line_for("a7.example.") + line_for("a8.example."));
}

TEST_F(TailTest, ShowsAllWhenAsked) {
  std::string all;
  for (int i = 0; i < 40; ++i) all += line_for(std::to_string(i) + '.');
  append(path_, all);
  options_.records = kAllRecords;
  EXPECT_EQ(output(), all);
}

TEST_F(TailTest, SkipsAndCountsBrokenLines) {
  append(path_, "garbage\n" + line_for("a.") + "{}\n" + line_for("b.") + "torn");
  options_.records = kAllRecords;
  EXPECT_EQ(output(), line_for("a.") + line_for("b."));
  EXPECT_EQ(counts_.shown, 2U);
  EXPECT_EQ(counts_.broken, 2U);
}

TEST_F(TailTest, WritesATable) {
  append(path_, line_for("www.example.com."));
  options_.format = TailFormat::Table;
  const std::string out = output();
  EXPECT_TRUE(out.starts_with("TIME  ")) << out;
  EXPECT_NE(out.find("www.example.com.  "), std::string::npos) << out;
}

TEST_F(TailTest, RefusesAFileThatIsNotThere) {
  const auto counts = run_tail(options_, STDOUT_FILENO, stop_);
  ASSERT_FALSE(counts.has_value());
  EXPECT_EQ(counts.error(), path_ + ": there is no such file");
}

TEST_F(TailTest, SaysWhenTheOutputCantBeWritten) {
  append(path_, line_for("a."));
  const int read_only = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto counts = run_tail(options_, read_only, stop_);
  close(read_only);
  ASSERT_FALSE(counts.has_value());
  EXPECT_TRUE(counts.error().starts_with("the output can't be written")) << counts.error();
}

TEST_F(TailTest, FollowsGrowthAndRotation) {
  append(path_, line_for("old.") + line_for("one."));
  options_.records = 1;
  follow();
  EXPECT_EQ(next_line(), line_for("one."));
  const std::string two = line_for("two.");
  append(path_, two.substr(0, 100));
  append(path_, two.substr(100));
  EXPECT_EQ(next_line(), two);
  append(path_, line_for("three."));
  std::filesystem::rename(path_, path_ + ".1");
  append(path_, line_for("four."));
  EXPECT_EQ(next_line(), line_for("three."));
  EXPECT_EQ(next_line(), line_for("four."));
  stop_ = true;
  follower_.join();
  EXPECT_EQ(counts_.shown, 4U);
}

TEST_F(TailTest, WaitsForTheFileWhenItFollows) {
  follow();
  append(path_, line_for("first."));
  EXPECT_EQ(next_line(), line_for("first."));
}

TEST_F(TailTest, EndsWhenItsReaderIsGone) {
  append(path_, line_for("one."));
  follow();
  EXPECT_EQ(next_line(), line_for("one."));
  close_reader();
  follower_.join();
}

TEST_F(TailTest, EndsWhenItsReaderDoesNotWantAll) {
  std::string all;
  for (int i = 0; i < 5000; ++i) all += line_for("x.");
  append(path_, all);
  options_.records = kAllRecords;
  follow();
  EXPECT_EQ(next_line(), line_for("x."));
  close_reader();
  follower_.join();
}

}  // namespace
}  // namespace inlet53::logs
