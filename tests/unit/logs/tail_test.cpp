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

TEST_F(TailTest, WritesRecordsByteForByte) {
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

LogRecord record() {
  LogRecord record;
  record.query_timestamp = "2021-04-25T12:37:34Z";
  record.query_name = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.";
  record.query_type = "A";
  record.rcode = "NOERROR";
  record.answers = {{"10.0.140.226", "A", "IN"}, {"10.0.12.179", "A", "IN"}};
  record.srcaddr = "172.31.6.137";
  record.transport = "UDP";
  record.resolver_network_interface = "rni-3a4a0caca1d0412ab";
  return record;
}

std::string row(const LogRecord& record, bool color = false) {
  TableFormatter table(color);
  std::string out;
  table.append_row(record, out);
  return out;
}

TEST(TableFormatter, LinesUpTitlesAndRecords) {
  TableFormatter table(false);
  std::string out;
  table.append_header(out);
  LogRecord nxdomain = record();
  nxdomain.query_name = "nope.corp.example.";
  nxdomain.query_type = "AAAA";
  nxdomain.rcode = "NXDOMAIN";
  nxdomain.answers.clear();
  nxdomain.resolver_network_interface = {};
  table.append_row(nxdomain, out);
  EXPECT_EQ(out,
            "TIME                  CLIENT           VIA  NAME                                      "
            "TYPE   RCODE     INTERFACE              ANSWERS\n"
            "2021-04-25T12:37:34Z  172.31.6.137     UDP  nope.corp.example.                        "
            "AAAA   NXDOMAIN  -                      -\n");
  out.clear();
  table.append_row(record(), out);
  EXPECT_EQ(out,
            "2021-04-25T12:37:34Z  172.31.6.137     UDP  "
            "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.  A      NOERROR   "
            "rni-3a4a0caca1d0412ab  10.0.140.226, 10.0.12.179\n");
  // The column has grown and keeps its width.
  out.clear();
  table.append_row(nxdomain, out);
  EXPECT_EQ(out,
            "2021-04-25T12:37:34Z  172.31.6.137     UDP  "
            "nope.corp.example.                               AAAA   NXDOMAIN  "
            "-                      -\n");
}

TEST(TableFormatter, ShortensLongNamesInTheirMiddle) {
  LogRecord longest = record();
  const std::string name = std::string(63, 'a') + '.' + std::string(63, 'b') + ".corp.example.";
  longest.query_name = name;
  const std::string out = row(longest);
  EXPECT_NE(out.find(" aaaaaaaaaaaaaaaaaaaaaaaaaa...bbbbbbbbbbbbb.corp.example.  "),
            std::string::npos)
      << out;
}

TEST(TableFormatter, CountsAnswersThatDoNotFit) {
  LogRecord many = record();
  many.answers.assign(60, {"10.0.140.226", "A", "IN"});
  const std::string out = row(many);
  EXPECT_TRUE(out.ends_with("10.0.140.226, +53\n")) << out;
}

TEST(TableFormatter, NamesTheTypesOfAChain) {
  LogRecord chain = record();
  chain.answers = {{"web.corp.example.", "CNAME", "IN"}, {"10.0.1.1", "A", "IN"}};
  EXPECT_TRUE(row(chain).ends_with("  CNAME web.corp.example., 10.0.1.1\n")) << row(chain);
}

TEST(TableFormatter, ColoursOnlyWhenAsked) {
  EXPECT_EQ(row(record()).find('\x1b'), std::string::npos);
  EXPECT_NE(row(record(), true).find("\x1b[32mNOERROR\x1b[0m "), std::string::npos);
  LogRecord refused = record();
  refused.rcode = "REFUSED";
  EXPECT_NE(row(refused, true).find("\x1b[31mREFUSED\x1b[0m "), std::string::npos);
}

// A log from another source may contain terminal control sequences.
TEST(TableFormatter, WritesNoControlCharacters) {
  const std::string evil = "\x1b]0;title\x07\r\n\t\x7f\x9b[2J";
  LogRecord hostile;
  for (auto field :
       {&LogRecord::query_timestamp, &LogRecord::query_name, &LogRecord::query_type,
        &LogRecord::rcode, &LogRecord::srcaddr, &LogRecord::transport, &LogRecord::instance}) {
    hostile.*field = evil;
  }
  hostile.answers = {{evil, evil, evil}, {evil, "A", "IN"}};
  const std::string out = row(hostile);
  EXPECT_EQ(out.find_first_not_of(
                "\\ abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789][;,.+"),
            out.size() - 1)
      << out;
  EXPECT_EQ(printable(evil), "\\027]0;title\\007\\013\\010\\009\\127\\155[2J");
}

TEST(TableFormatter, BoundsEachCell) {
  const std::string huge(1 << 20, 'x');
  LogRecord hostile = record();
  hostile.rcode = huge;
  hostile.query_type = huge;
  hostile.answers = {{huge, huge, "IN"}};
  EXPECT_LT(row(hostile).size(), 1000U);
}

TEST(Shorten, KeepsBeginningAndEnd) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "...");
  EXPECT_EQ(shorten("abcdefghij", 8), "ab...hij");
}

TEST(TableFormatter, SaysWhatTheFirewallDid) {
  LogRecord blocked = record();
  blocked.answers.clear();
  blocked.firewall_rule_action = "BLOCK";
  blocked.firewall_rule_group_id = "rslvr-frg-1";
  blocked.firewall_domain_list_id = "rslvr-fdl-1\x1b";
  EXPECT_TRUE(row(blocked).ends_with("rni-3a4a0caca1d0412ab  -  BLOCK rslvr-fdl-1\\027\n"));
  EXPECT_TRUE(row(blocked, true).ends_with("-  \x1b[31mBLOCK rslvr-fdl-1\\027\x1b[0m\n"));
  blocked.firewall_rule_action = "ALERT";
  EXPECT_TRUE(row(blocked, true).ends_with("\x1b[33mALERT rslvr-fdl-1\\027\x1b[0m\n"));
}

}  // namespace
}  // namespace inlet53::logs
