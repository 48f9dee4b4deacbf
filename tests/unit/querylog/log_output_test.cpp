// SPDX-License-Identifier: Apache-2.0
#include "querylog/log_output.h"

#include "log_test_support.h"
#include <fcntl.h>
#include <sys/stat.h>

namespace inlet53::querylog {
namespace {

using test::FileSizeLimit;
using test::lines_of;
using test::log_settings;
using test::read_file;
using test::record;
using test::TempFolder;
using test::write_file;
using Names = std::vector<std::string>;

constexpr int64_t kMidnight = 1795305600;  // 2026-11-22T00:00:00Z

// Log output with a manual clock.
class Output {
 public:
  explicit Output(const settings::QueryLog& settings) {
    auto opened = LogOutput::open(settings, now);
    EXPECT_TRUE(opened) << opened.error();
    output_ = std::move(*opened);
  }
  LogOutput* operator->() { return output_.get(); }

  // Appends records `from` up to `to` in pieces. Returns the number of bytes without room.
  size_t append(uint64_t from, uint64_t to) {
    std::string records;
    for (uint64_t i = from; i < to; ++i) records += record(0, i);
    const Records appended = output_->append({records, to - from}, now);
    EXPECT_EQ(std::ranges::count(appended.octets, '\n'), appended.count);
    const auto left = std::string_view(records).substr(appended.octets.size());
    output_->drop({left, to - from - appended.count});
    return left.size();
  }
  void pass(uint64_t milliseconds) {
    now.monotonic_ms += milliseconds;
    output_->tick(now);
  }

  Now now{1'000'000, kMidnight};

 private:
  std::unique_ptr<LogOutput> output_;
};

std::string records(uint64_t from, uint64_t to) {
  std::string text;
  for (uint64_t i = from; i < to; ++i) text += record(0, i);
  return text;
}

TEST(LogOutput, RotatesBeforeARecordThatWouldExceedTheSize) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.rotate_octets = 50'000;
  Output output(settings);
  EXPECT_EQ(output.append(0, 1000), 0U);
  output->close(output.now);

  std::string all;
  auto names = folder.names();
  ASSERT_GT(names.size(), 8U);
  // "query.log" sorts first and is the newest.
  std::rotate(names.begin(), names.begin() + 1, names.end());
  std::vector<std::string> texts;
  std::sort(names.begin(), names.end() - 1, [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  for (const auto& name : names) texts.push_back(read_file(folder.file(name)));
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_LE(texts[i].size(), 50'000U);
    EXPECT_TRUE(texts[i].ends_with('\n'));
    if (i > 0) {
      EXPECT_GT(texts[i - 1].size() + texts[i].find('\n') + 1, 50'000U);
    }
    all += texts[i];
  }
  EXPECT_TRUE(all == records(0, 1000));
}

TEST(LogOutput, GivesARecordThatIsLongerThanTheSizeAFileOfItsOwn) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.rotate_octets = 10;
  Output output(settings);
  EXPECT_EQ(output.append(0, 5), 0U);
  output->close(output.now);
  EXPECT_EQ(folder.names().size(), 5U);
  EXPECT_EQ(read_file(folder.file()), record(0, 4));
}

TEST(LogOutput, KeepsAsManyRotatedFilesAsAsked) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.rotate_octets = 10;
  settings.keep_files = 2;
  Output output(settings);
  EXPECT_EQ(output.append(0, 20), 0U);
  output->close(output.now);
  EXPECT_EQ(folder.names(),
            (Names{"query.log", "query.log.20261122T000000Z-18", "query.log.20261122T000000Z-19"}));
  EXPECT_EQ(read_file(folder.file("query.log.20261122T000000Z-19")), record(0, 18));
}

TEST(LogOutput, RotatesAtMultiplesOfThePeriod) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.rotate_seconds = 300;
  Output output(settings);
  output.now.wall_seconds = kMidnight + 299;
  output.append(0, 10);
  output.pass(1000);
  EXPECT_EQ(folder.names(), (Names{"query.log"}));
  output.now.wall_seconds = kMidnight + 300;
  output.append(10, 20);
  output.pass(1000);
  EXPECT_EQ(folder.names(), (Names{"query.log", "query.log.20261122T000500Z"}));
  EXPECT_EQ(read_file(folder.file("query.log.20261122T000500Z")), records(0, 20));

  // An empty file stays, and its period is that of its first record.
  output.now.wall_seconds = kMidnight + 900;
  output.pass(1000);
  output.append(20, 30);
  output.pass(1000);
  EXPECT_EQ(folder.names(), (Names{"query.log", "query.log.20261122T000500Z"}));
  EXPECT_EQ(read_file(folder.file()), records(20, 30));
}

TEST(LogOutput, RotatesAFileThatAnEarlierRunLeft) {
  const TempFolder folder;
  write_file(folder.file(), "yesterday\n");
  const timespec then{kMidnight - 10, 0};
  const timespec times[2] = {then, then};
  ASSERT_EQ(utimensat(AT_FDCWD, folder.file().c_str(), times, 0), 0);
  auto settings = log_settings(folder.file());
  settings.rotate_seconds = 86400;
  Output output(settings);
  output.pass(1);
  EXPECT_EQ(read_file(folder.file("query.log.20261122T000000Z")), "yesterday\n");
  EXPECT_EQ(read_file(folder.file()), "");
}

TEST(LogOutput, WritesOnWhenItCannotRotate) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.rotate_octets = 1000;
  // With the suffix, the name exceeds the maximum length of a file name.
  settings.file = folder.file(std::string(240, 'q'));
  Output output(settings);
  EXPECT_EQ(output.append(0, 100), 0U);
  output.pass(1000);
  EXPECT_EQ(read_file(settings.file), records(0, 100));
}

TEST(LogOutput, WritesATailEvery200Ms) {
  const TempFolder folder;
  Output output(log_settings(folder.file()));
  output.append(0, 1);
  output.pass(200);
  EXPECT_EQ(read_file(folder.file()), records(0, 1));
  output.append(1, 2);
  output.pass(100);
  EXPECT_EQ(read_file(folder.file()), records(0, 1));
  output.pass(100);
  EXPECT_EQ(read_file(folder.file()), records(0, 2));
}

TEST(LogOutput, ReopensTheNameAfterARename) {
  const TempFolder folder;
  Output output(log_settings(folder.file()));
  output.append(0, 10);
  std::filesystem::rename(folder.file(), folder.file("moved"));
  output->reopen(output.now);
  output.append(10, 20);
  output->close(output.now);
  EXPECT_EQ(read_file(folder.file("moved")), records(0, 10));
  EXPECT_EQ(read_file(folder.file()), records(10, 20));
}

TEST(LogOutput, DoesNotRenameAFileThatSomebodyPutThere) {
  const TempFolder folder;
  auto settings = log_settings(folder.file());
  settings.rotate_octets = 2000;
  Output output(settings);
  output.append(0, 3);  // 1817 bytes
  std::filesystem::rename(folder.file(), folder.file("moved"));
  write_file(folder.file(), "theirs\n");
  output.append(3, 4);  // exceeds
  output->close(output.now);
  EXPECT_EQ(folder.names(), (Names{"moved", "query.log"}));
  EXPECT_EQ(read_file(folder.file("moved")), records(0, 3));
  EXPECT_EQ(read_file(folder.file()), "theirs\n" + records(3, 4));
}

// Checks that all records are counted and that the file has the written ones in order.
void expect_accounted(Output& output, const std::string& path, uint64_t given) {
  EXPECT_EQ(output->written() + output->dropped(), given);
  const std::string text = read_file(path);
  EXPECT_EQ(text.size(), output->written_octets());
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  const auto lines = lines_of(text);
  EXPECT_EQ(lines.size(), output->written());
  uint64_t last = 0;
  for (const auto& line : lines) {
    const uint64_t number = std::strtoull(line.c_str() + 3, nullptr, 10);
    EXPECT_EQ(line + '\n', record(0, number));
    EXPECT_TRUE(number > last || last == 0);
    last = number;
  }
}

TEST(LogOutput, FullDiskDropsWholeRecordsAndRecovers) {
  for (const rlim_t limit : {rlim_t{100'001}, rlim_t{1'500'000}, rlim_t{2 << 20}}) {
    const TempFolder folder;
    Output output(log_settings(folder.file()));
    const FileSizeLimit disk(limit);
    uint64_t number = 0;
    for (int step = 0; step < 40; ++step, number += 700) {
      output.append(number, number + 700);
      output.pass(100);
    }
    EXPECT_GT(output->dropped(), 0U);
    EXPECT_EQ(std::filesystem::file_size(folder.file()), limit);
    const uint64_t dropped = output->dropped();

    disk.lift();
    output.pass(100);
    for (int step = 0; step < 20; ++step, number += 700) {
      output.append(number, number + 700);
      output.pass(100);
    }
    output->close(output.now);
    EXPECT_EQ(output->dropped(), dropped);
    expect_accounted(output, folder.file(), number);
  }
}

TEST(LogOutput, FullDiskAtTheEndLeavesNoTornRecord) {
  const TempFolder folder;
  Output output(log_settings(folder.file()));
  const FileSizeLimit disk(200'000);
  output.append(0, 1000);
  output->close(output.now);
  EXPECT_GT(output->dropped(), 0U);
  expect_accounted(output, folder.file(), 1000);
}

size_t count_of(const std::string& text, std::string_view words) {
  size_t count = 0;
  for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
    ++count;
  }
  return count;
}

TEST(LogOutput, SaysAgainAfterAReopeningThatTheDiskIsFull) {
  const TempFolder folder;
  Output output(log_settings(folder.file()));
  const FileSizeLimit disk(1000);
  testing::internal::CaptureStderr();
  output.append(0, 10);
  for (int i = 0; i < 10; ++i) output.pass(200);
  EXPECT_EQ(count_of(testing::internal::GetCapturedStderr(), "can't be written: File too large"),
            1U);

  testing::internal::CaptureStderr();
  output->reopen(output.now);  // the same file
  for (int i = 0; i < 10; ++i) output.pass(200);
  EXPECT_EQ(count_of(testing::internal::GetCapturedStderr(), "can't be written: File too large"),
            1U);

  testing::internal::CaptureStderr();
  std::filesystem::rename(folder.file(), folder.file("moved"));
  disk.set(600);  // the new file is full, too; what is said here, in a file as well, is shorter
  output.append(0, 20);
  output->reopen(output.now);
  output.pass(200);
  EXPECT_EQ(count_of(testing::internal::GetCapturedStderr(), "can't be written: File too large"),
            1U);
}

TEST(LogOutput, SaysAgainAfterARecoveryThatTheDiskIsFull) {
  const TempFolder folder;
  Output output(log_settings(folder.file()));
  const FileSizeLimit disk(1000);
  testing::internal::CaptureStderr();
  for (int round = 0; round < 2; ++round) {
    disk.set(1000);
    output.append(0, 10);
    output.pass(200);
    disk.lift();
    output.pass(200);
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count_of(said, "can't be written: File too large"), 2U) << said;
  EXPECT_EQ(count_of(said, "is written again; 0 records were dropped"), 2U) << said;
}

TEST(LogOutput, ReportsDropsWhileTheyOccur) {
  const TempFolder folder;
  Output output(log_settings(folder.file()));
  const FileSizeLimit disk(1000);
  while (output->dropped() == 0) output.append(0, 1000);
  const uint64_t first = output->dropped();
  testing::internal::CaptureStderr();
  output.pass(100);
  EXPECT_EQ(count_of(testing::internal::GetCapturedStderr(),
                     std::to_string(first) + " records were dropped: the file can't be written"),
            1U);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 99; ++i) {
    output.append(0, 10);
    output.pass(100);
  }
  EXPECT_EQ(count_of(testing::internal::GetCapturedStderr(), "were dropped"), 0U) << "10 s apart";
  testing::internal::CaptureStderr();
  output.pass(100);
  const std::string said = testing::internal::GetCapturedStderr();
  const std::string since = std::to_string(output->dropped() - first);
  EXPECT_EQ(count_of(said, since + " records were dropped: the file can't be written"), 1U) << said;
}

TEST(LogOutput, ReopensOnAFullDiskAndLosesNothingThatItHolds) {
  const TempFolder folder;
  Output output(log_settings(folder.file()));
  const FileSizeLimit disk(700'000);
  uint64_t number = 0;
  for (; output->dropped() == 0; number += 100) {
    output.append(number, number + 100);
    output.pass(100);
  }
  std::filesystem::rename(folder.file(), folder.file("moved"));
  output->reopen(output.now);
  output.pass(100);
  EXPECT_TRUE(read_file(folder.file("moved")).ends_with('\n'));
  EXPECT_EQ(std::filesystem::file_size(folder.file()), 700'000U);  // the new file is full as well
  const uint64_t dropped = output->dropped();
  disk.lift();
  output->close(output.now);
  EXPECT_EQ(output->dropped(), dropped);
  const std::string moved = read_file(folder.file("moved"));
  EXPECT_EQ(lines_of(moved + read_file(folder.file())).size(), number - dropped);
}

}  // namespace
}  // namespace inlet53::querylog
