// SPDX-License-Identifier: Apache-2.0
#include "function_log.h"

#include "lambda_support.h"
#include <gtest/gtest.h>

namespace inlet53::lambda {

namespace {

size_t count_of(const std::string& text, std::string_view words) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(RefusalLog, ReportsTheFirstAtOnceAndCountsTheOthers) {
  net::Loop loop;
  RefusalLog refusals(loop, "hello", 1);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i) refusals.add(i < 999 ? "no place" : "still no place");
  net::Timer later(loop, [&] { loop.stop(); });
  later.start(20);
  loop.run();
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count_of(said, "function hello"), 2U) << said;
  EXPECT_EQ(count_of(said, "function hello: an invocation is refused: no place"), 1U) << said;
  EXPECT_EQ(
      count_of(said, "function hello: 999 more invocations were refused, the last one: still"), 1U)
      << said;
}

struct Log {
  Log() : stream(function_log) {}

  void print(std::string_view text, uint64_t now_ms = 5000) {
    stream.output(as_bytes(text), now_ms);
  }
  // Returns the texts of all events.
  std::vector<std::string> texts() {
    EXPECT_TRUE(run_until(loop, [&] { return logs.counts().waiting == 0; }));
    std::istringstream lines(read_file(folder.path / "hello.log"));
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) {
      all.push_back(line.substr(line.find('\t', line.find('\t') + 1) + 1));
    }
    return all;
  }

  TemporaryFolder folder;
  net::Loop loop;
  linelog::LineLogs logs{{}};
  std::shared_ptr<FunctionLog> function_log =
      std::make_shared<FunctionLog>(logs, folder.path.string(), "hello");
  EnvironmentLog stream;
};

using Texts = std::vector<std::string>;

TEST(EnvironmentLog, MakesAnEventOfEachLine) {
  Log log;
  log.print("one\ntw");
  log.print("o\r\n\nthr");
  log.print("ee");
  EXPECT_EQ(log.texts(), (Texts{"one", "two", ""}));
  log.stream.end_output();
  EXPECT_EQ(log.texts(), (Texts{"one", "two", "", "three"}));
}

TEST(EnvironmentLog, SplitsLinesThatAreTooLong) {
  Log log;
  log.print(std::string(EnvironmentLog::kMaxLine + 10, 'x') + "\nnext\n");
  EXPECT_EQ(log.texts(),
            (Texts{std::string(EnvironmentLog::kMaxLine, 'x'), std::string(10, 'x'), "next"}));
}

TEST(EnvironmentLog, DropsAndCountsExcessOutput) {
  Log log;
  std::string flood;
  const std::string line = std::string(1023, 'x') + "\n";
  for (int i = 0; i < 1024; ++i) flood += line;
  log.print(flood);
  log.print("lost\n", 5001);
  log.print("lost too\n", 5999);
  log.print("a second later\n", 6000);
  Texts texts = log.texts();
  ASSERT_EQ(texts.size(), 1026U);
  EXPECT_EQ(texts[1024], "[inlet53] 14 bytes of output were left out: over 1048576 in a second");
  EXPECT_EQ(texts[1025], "a second later");

  log.print(flood, 6001);  // except those 15 bytes of it
  log.stream.end({.request_id = "id"});
  texts = log.texts();
  ASSERT_EQ(texts.size(), 1026U + 1024 + 3);
  EXPECT_EQ(texts[2050], "[inlet53] 15 bytes of output were left out: over 1048576 in a second");
  EXPECT_EQ(texts[2051], "END RequestId: id");
}

TEST(EnvironmentLog, ReportsAsLambdaDoes) {
  Log log;
  log.stream.start("id");
  log.stream.end({.request_id = "id",
                  .duration_us = 1234567,
                  .memory_size_mb = 128,
                  .max_memory_used_mb = 30,
                  .init_duration_us = 98765});
  log.stream.task_timed_out("id", 3);
  log.stream.end({.request_id = "id",
                  .duration_us = 3000001,
                  .status = "timeout",
                  .error_type = "Sandbox.Timedout"});
  log.stream.init_report(1005, "error", "Runtime.ExitError");
  EXPECT_EQ(
      log.texts(),
      (Texts{
          "START RequestId: id Version: $LATEST",
          "END RequestId: id",
          "REPORT RequestId: id\tDuration: 1234.56 ms\tBilled Duration: 1235 ms\tMemory Size: "
          "128 MB\tMax Memory Used: 30 MB\tInit Duration: 98.76 ms",
          "id Task timed out after 3.00 seconds",
          "END RequestId: id",
          "REPORT RequestId: id\tDuration: 3000.00 ms\tBilled Duration: 3001 ms\tMemory Size: "
          "0 MB\tMax Memory Used: 0 MB\tStatus: timeout\tError Type: Sandbox.Timedout",
          "INIT_REPORT Init Duration: 1.00 ms\tPhase: init\tStatus: error\tError Type: "
          "Runtime.ExitError",
      }));
}

TEST(FunctionLog, IsWrittenSoonAndGoesOnInANewFileWhenReopened) {
  Log log;
  log.stream.note("before");
  EXPECT_TRUE(
      run_until(log.loop, [&] { return !read_file(log.folder.path / "hello.log").empty(); }));
  std::filesystem::rename(log.folder.path / "hello.log", log.folder.path / "hello.log.1");
  log.stream.note("still there");
  log.logs.reopen();
  EXPECT_TRUE(
      run_until(log.loop, [&] { return std::filesystem::exists(log.folder.path / "hello.log"); }));
  log.stream.note("after");
  EXPECT_EQ(log.texts(), Texts{"after"});
  EXPECT_NE(read_file(log.folder.path / "hello.log.1").find("still there\n"), std::string::npos);
}

}  // namespace

}  // namespace inlet53::lambda
