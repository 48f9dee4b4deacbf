// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "log_test_support.h"
#include <sys/wait.h>

namespace inlet53::querylog {
namespace {

using test::append;
using test::log_settings;
using test::open_log;
using test::read_file;
using test::record;
using test::TempFolder;

// Writes as fast as possible. Reports through `pipe`, as the file grows, the minimum number of
// records in the file (the count lags behind the bytes).
[[noreturn]] void write_until_killed(const std::string& path, int pipe) {
  auto settings = log_settings(path);
  settings.when_full = settings::WhenFull::Block;
  auto log = QueryLog::open(settings, 1);
  if (!log) _exit(1);
  std::thread worker([&] {
    LogAppender& appender = (*log)->appender(0);
    for (uint64_t i = 0;; ++i) {
      static_cast<void>(append(appender, record(0, i)));
      if (i % 1000 == 0) appender.flush();
    }
  });
  for (uint64_t reported = 0;;) {
    const uint64_t written = (*log)->counts().written_octets;
    if (written == reported) continue;
    reported = written;
    if (write(pipe, &reported, sizeof reported) != sizeof reported) _exit(1);
  }
}

// Starts such a process, kills it after some reports and returns the last one.
uint64_t write_and_kill(const std::string& path, int reports) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    write_until_killed(path, ends[1]);
  }
  close(ends[1]);
  uint64_t written = 0;
  for (int i = 0; i < reports; ++i) {
    EXPECT_EQ(read(ends[0], &written, sizeof written), ssize_t{sizeof written});
  }
  kill(child, SIGKILL);
  for (uint64_t last = 0; read(ends[0], &last, sizeof last) == sizeof last;) written = last;
  waitpid(child, nullptr, 0);
  close(ends[0]);
  return written;
}

TEST(QueryLogCrash, KilledAnywhereItLeavesWholeRecordsAndAllThatWereWritten) {
  std::mt19937 random(53);
  const TempFolder folder;
  for (int round = 0; round < 8; ++round) {
    const std::string path = folder.file("query" + std::to_string(round) + ".log");
    const uint64_t written = write_and_kill(path, std::uniform_int_distribution(1, 12)(random));
    const std::string left = read_file(path);
    open_log(log_settings(path)).reset();
    const std::string whole = read_file(path);

    // Only an incomplete last line was removed.
    ASSERT_TRUE(left.starts_with(whole));
    ASSERT_EQ(left.find('\n', whole.size()), std::string::npos);
    uint64_t records = 0;
    for (size_t at = 0; at < whole.size(); ++records) {
      const std::string expected = record(0, records);
      ASSERT_EQ(whole.compare(at, expected.size(), expected), 0);
      at += expected.size();
    }
    ASSERT_GE(left.size(), written);
  }
}

}  // namespace
}  // namespace inlet53::querylog
