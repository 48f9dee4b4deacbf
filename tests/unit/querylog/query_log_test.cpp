// SPDX-License-Identifier: Apache-2.0
#include "inlet53/querylog/query_log.h"

#include <atomic>
#include <map>
#include <random>
#include <string>

#include "log_test_support.h"
#include <fcntl.h>
#include <sys/wait.h>

namespace inlet53::querylog {
namespace {

using test::append;
using test::FileSizeLimit;
using test::lines_of;
using test::log_settings;
using test::open_log;
using test::read_file;
using test::record;
using test::TempFolder;
using test::wait_until;

// Returns each worker's record numbers in the order of the text, and checks each line.
std::map<size_t, std::vector<uint64_t>> numbers_by_worker(const std::string& text) {
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  std::map<size_t, std::vector<uint64_t>> numbers;
  for (const auto& line : lines_of(text)) {
    char* rest = nullptr;
    const size_t worker = std::strtoull(line.c_str() + 1, &rest, 10);
    const uint64_t number = std::strtoull(rest, nullptr, 10);
    EXPECT_EQ(line + '\n', record(worker, number));
    numbers[worker].push_back(number);
  }
  return numbers;
}

void expect_increasing(const std::vector<uint64_t>& numbers) {
  for (size_t i = 1; i < numbers.size(); ++i) ASSERT_LT(numbers[i - 1], numbers[i]);
}

// Acts as a worker: appends records 0 up to `count`, flushes now and then and at the end. Returns
// the number of dropped records.
uint64_t produce(LogAppender& appender, size_t worker, uint64_t count) {
  uint64_t dropped = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (!append(appender, record(worker, i))) ++dropped;
    if (i % 5000 == 0) appender.flush();
  }
  appender.flush();
  return dropped;
}

class QueryLogWorkers : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Workers, QueryLogWorkers, testing::Values(1, 2, 4),
                         [](const auto& test) { return "Workers" + std::to_string(test.param); });

TEST_P(QueryLogWorkers, BlockWritesEveryRecordInOrder) {
  const size_t workers = GetParam();
  const uint64_t count = 24'000 / workers;
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.when_full = settings::WhenFull::Block;
  settings.buffers_per_worker = 1;
  auto log = open_log(settings, workers);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] { EXPECT_EQ(produce(log->appender(i), i, count), 0U); });
  }
  for (auto& thread : threads) thread.join();
  log.reset();

  const auto numbers = numbers_by_worker(read_file(folder.file()));
  ASSERT_EQ(numbers.size(), workers);
  for (const auto& [worker, list] : numbers) {
    ASSERT_EQ(list.size(), count) << "worker " << worker;
    expect_increasing(list);
  }
}

TEST_P(QueryLogWorkers, DropCountsEachRecordThatIsNotInTheFile) {
  const size_t workers = GetParam();
  const uint64_t count = 24'000 / workers;
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.buffers_per_worker = 1;
  auto log = open_log(settings, workers);
  std::atomic<uint64_t> refused{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] { refused += produce(log->appender(i), i, count); });
  }
  for (auto& thread : threads) thread.join();
  const uint64_t expected = count * workers - refused;
  EXPECT_EQ(log->counts().dropped_ring, refused);
  EXPECT_TRUE(wait_until([&] { return log->counts().written == expected; }));
  EXPECT_EQ(log->counts().dropped_disk, 0U);
  log.reset();

  uint64_t found = 0;
  for (const auto& [worker, list] : numbers_by_worker(read_file(folder.file()))) {
    expect_increasing(list);
    found += list.size();
  }
  EXPECT_EQ(found, expected);
}

TEST(QueryLog, AReaderSeesWhatWasFlushed) {
  const TempFolder folder;
  auto log = open_log(log_settings(folder.file()));
  std::string expected;
  for (uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(append(log->appender(0), record(0, i)));
    log->appender(0).flush();
    expected += record(0, i);
    ASSERT_TRUE(wait_until([&] { return read_file(folder.file()) == expected; }));
  }
  EXPECT_EQ(log->counts().written, 5U);
  EXPECT_EQ(log->counts().written_octets, expected.size());
}

TEST(QueryLog, AppendsToWhatIsThere) {
  const TempFolder folder;
  test::write_file(folder.file(), "before\ntorn");
  auto log = open_log(log_settings(folder.file()));
  ASSERT_TRUE(append(log->appender(0), "after\n"));
  log->appender(0).flush();
  log.reset();
  EXPECT_EQ(read_file(folder.file()), "before\nafter\n");
}

TEST(QueryLog, SaysWhyItCannotOpen) {
  const TempFolder folder;
  test::write_file(folder.file("no"), "");
  const auto missing = QueryLog::open(log_settings(folder.file("no/query.log")), 1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "query log " + folder.file("no/query.log") + ": its directory " +
                                 folder.file("no") + " cannot be made: Not a directory");
  auto log = open_log(log_settings(folder.file()));
  const auto second = QueryLog::open(log_settings(folder.file()), 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "query log " + folder.file() + ": another process writes it");
}

// A reader that continues at its last position, and reads the last page of the file again, must
// never see anything but a prefix of the written records while direct and buffered writes mix.
TEST(QueryLog, AReaderNeverSeesAnythingButTheRecords) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.when_full = settings::WhenFull::Block;
  std::string expected;
  for (uint64_t i = 0; i < 24'000; ++i) expected += record(0, i);
  auto log = open_log(settings);
  std::thread worker([&] { produce(log->appender(0), 0, 24'000); });

  const int reader = open(folder.file().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_NE(reader, -1);
  std::string piece(size_t{256} << 10, '\0');
  size_t seen = 0;
  const auto read_on = [&] {
    const size_t from = seen - std::min<size_t>(seen, seen % 4096 + 4096);
    const ssize_t got = pread(reader, piece.data(), piece.size(), static_cast<off_t>(from));
    const std::string_view text(piece.data(), got < 0 ? 0 : static_cast<size_t>(got));
    seen = std::max(seen, from + text.size());
    return std::string_view(expected).substr(from, text.size()) == text;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (seen < expected.size() && std::chrono::steady_clock::now() < deadline) {
    if (read_on()) continue;
    ADD_FAILURE() << "before " << seen;
    break;
  }
  worker.join();
  log.reset();
  EXPECT_TRUE(read_on());
  EXPECT_TRUE(read_file(folder.file()) == expected);
  close(reader);
}

TEST(QueryLog, ReopensTheNameThatSomebodyMoved) {
  const TempFolder folder;
  auto log = open_log(log_settings(folder.file()));
  ASSERT_TRUE(append(log->appender(0), record(0, 0)));
  log->appender(0).flush();
  ASSERT_TRUE(wait_until([&] { return log->counts().written == 1; }));
  std::filesystem::rename(folder.file(), folder.file("moved"));
  log->reopen();
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(folder.file()); }));
  ASSERT_TRUE(append(log->appender(0), record(0, 1)));
  log->appender(0).flush();
  log.reset();
  EXPECT_EQ(read_file(folder.file("moved")), record(0, 0));
  EXPECT_EQ(read_file(folder.file()), record(0, 1));
}

TEST(QueryLog, RotatesWhileWorkersWrite) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.when_full = settings::WhenFull::Block;
  settings.rotate_octets = 3'000'000;
  auto log = open_log(settings, 2);
  std::thread first([&] { produce(log->appender(0), 0, 20'000); });
  std::thread second([&] { produce(log->appender(1), 1, 20'000); });
  first.join();
  second.join();
  log.reset();
  std::map<size_t, size_t> found;
  EXPECT_GT(folder.names().size(), 5U);
  for (const auto& name : folder.names()) {
    for (const auto& [worker, list] : numbers_by_worker(read_file(folder.file(name)))) {
      expect_increasing(list);
      found[worker] += list.size();
    }
  }
  EXPECT_EQ(found[0], 20'000U);
  EXPECT_EQ(found[1], 20'000U);
}

TEST(QueryLog, FullDiskDropsAndAccountsForEveryRecord) {
  const TempFolder folder;
  auto log = open_log(log_settings(folder.file()));
  LogAppender& appender = log->appender(0);
  const FileSizeLimit disk(1'000'000);
  uint64_t given = 0;
  uint64_t refused = 0;
  const auto give = [&](uint64_t records) {
    for (uint64_t i = 0; i < records; ++i) refused += append(appender, record(0, given++)) ? 0 : 1;
    appender.flush();
  };
  ASSERT_TRUE(wait_until([&] {
    give(100);
    return log->counts().dropped_disk > 0;
  }));
  disk.lift();
  // The writer retries by itself.
  ASSERT_TRUE(wait_until([&] { return log->counts().written_octets > 1'000'000; }));
  give(1);
  ASSERT_TRUE(wait_until([&] {
    const auto counts = log->counts();
    return counts.written + counts.dropped_ring + counts.dropped_disk == given;
  }));
  const auto counts = log->counts();
  log.reset();
  EXPECT_EQ(counts.dropped_ring, refused);
  const auto numbers = numbers_by_worker(read_file(folder.file()))[0];
  expect_increasing(numbers);
  EXPECT_EQ(numbers.size(), counts.written);
}

TEST(QueryLog, FullDiskBlocksAndLosesNothing) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.when_full = settings::WhenFull::Block;
  auto log = open_log(settings);
  const FileSizeLimit disk(1'000'000);
  constexpr uint64_t kCount = 20'000;
  std::atomic<bool> done{false};
  std::thread worker([&] {
    EXPECT_EQ(produce(log->appender(0), 0, kCount), 0U);
    done = true;
  });
  ASSERT_TRUE(wait_until([&] { return log->counts().written_octets == 1'000'000; }));
  EXPECT_FALSE(done);
  disk.lift();
  worker.join();
  log.reset();
  const auto numbers = numbers_by_worker(read_file(folder.file()))[0];
  EXPECT_EQ(numbers.size(), kCount);
  expect_increasing(numbers);
}

TEST(QueryLog, EndsOnAFullDiskThatBlocks) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.when_full = settings::WhenFull::Block;
  auto log = open_log(settings);
  const FileSizeLimit disk(1'000'000);
  std::atomic<uint64_t> refused{0};
  std::thread worker([&] { refused = produce(log->appender(0), 0, 20'000); });
  ASSERT_TRUE(wait_until([&] { return log->counts().written_octets == 1'000'000; }));
  log->stop_waiting();
  worker.join();
  EXPECT_GT(refused, 0U);
  EXPECT_EQ(log->counts().dropped_ring, refused);
  log.reset();
  expect_increasing(numbers_by_worker(read_file(folder.file()))[0]);
}

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
