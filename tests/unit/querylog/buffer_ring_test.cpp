// SPDX-License-Identifier: Apache-2.0
#include "querylog/buffer_ring.h"

#include <set>

#include "log_test_support.h"

namespace inlet53::querylog {
namespace {

using test::append;
using test::record;

std::string read_all(BufferRing& ring) {
  std::string all;
  for (Records records; !(records = ring.unread()).empty();) {
    EXPECT_EQ(std::ranges::count(records.octets, '\n'), records.count);
    all += records.octets;
    ring.consume(records);
  }
  return all;
}

TEST(BufferRing, ShowsNothingBeforeFlush) {
  Doorbell bell;
  BufferRing ring(2, false, bell);
  LogAppender appender(ring);
  EXPECT_FALSE(appender.pending());
  ASSERT_TRUE(append(appender, "one\n"));
  EXPECT_TRUE(appender.pending());
  EXPECT_EQ(read_all(ring), "");
  appender.flush();
  EXPECT_FALSE(appender.pending());
  EXPECT_EQ(read_all(ring), "one\n");
}

TEST(BufferRing, AppendsBehindWhatWasFlushed) {
  Doorbell bell;
  BufferRing ring(1, false, bell);
  LogAppender appender(ring);
  std::string expected;
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(append(appender, record(0, i)));
    expected += record(0, i);
    if (i % 3 == 0) appender.flush();
  }
  appender.flush();
  EXPECT_EQ(read_all(ring), expected);
}

TEST(BufferRing, CountsEachRecordThatFindsNoBuffer) {
  Doorbell bell;
  BufferRing ring(3, false, bell);
  LogAppender appender(ring);
  std::string kept;
  uint64_t dropped = 0;
  for (uint64_t i = 0; i < 20'000; ++i) {
    if (append(appender, record(0, i))) {
      kept += record(0, i);
    } else {
      ++dropped;
    }
  }
  ASSERT_GT(kept.size(), 3 * kBufferSize - 3000);
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(ring.dropped(), dropped);
  EXPECT_EQ(read_all(ring), kept);

  // Every buffer is free again.
  EXPECT_TRUE(append(appender, "after\n"));
  appender.flush();
  EXPECT_EQ(read_all(ring), "after\n");
  EXPECT_EQ(ring.dropped(), dropped);
}

TEST(BufferRing, TakesARecordOfAWholeBuffer) {
  Doorbell bell;
  BufferRing ring(2, false, bell);
  LogAppender appender(ring);
  const std::string longest = std::string(kBufferSize - 1, 'x') + '\n';
  ASSERT_TRUE(append(appender, "short\n"));
  ASSERT_TRUE(append(appender, longest));
  appender.flush();
  EXPECT_EQ(read_all(ring), "short\n" + longest);
}

TEST(BufferRing, FillsTheSameTwoBuffersWhileTheyAreRead) {
  Doorbell bell;
  BufferRing ring(70, false, bell);
  LogAppender appender(ring);
  std::set<const char*> places;
  for (uint64_t i = 0; i < 140; ++i) {
    const char* place = appender.reserve(kBufferSize);
    ASSERT_NE(place, nullptr);
    places.insert(place);
    ASSERT_TRUE(append(appender, record(0, i)));
    appender.flush();
    EXPECT_EQ(read_all(ring), record(0, i));
  }
  EXPECT_EQ(places.size(), 2U);
}

TEST(BufferRing, FillsEachBufferOnceWhileNoneIsRead) {
  constexpr size_t kBuffers = 70;
  Doorbell bell;
  BufferRing ring(kBuffers, false, bell);
  LogAppender appender(ring);
  std::set<const char*> places;
  std::string expected;
  for (uint64_t i = 0; i < kBuffers; ++i) {
    places.insert(appender.reserve(kBufferSize));
    ASSERT_TRUE(append(appender, record(0, i)));
    expected += record(0, i);
  }
  EXPECT_EQ(places.size(), kBuffers);
  EXPECT_FALSE(places.contains(nullptr));
  EXPECT_EQ(appender.reserve(kBufferSize), nullptr);
  EXPECT_EQ(read_all(ring), expected);
  EXPECT_NE(appender.reserve(kBufferSize), nullptr);
}

TEST(BufferRing, WaitsForABufferThenGoesOn) {
  Doorbell bell;
  BufferRing ring(1, true, bell);
  constexpr uint64_t kRecords = 20'000;
  std::thread worker([&] {
    LogAppender appender(ring);
    for (uint64_t i = 0; i < kRecords; ++i) EXPECT_TRUE(append(appender, record(1, i)));
    appender.flush();
  });
  std::string expected;
  for (uint64_t i = 0; i < kRecords; ++i) expected += record(1, i);
  std::string all;
  while (all.size() < expected.size()) {
    bell.wait(std::chrono::milliseconds(1));
    all += read_all(ring);
  }
  worker.join();
  EXPECT_TRUE(all == expected);
  EXPECT_EQ(ring.dropped(), 0U);
}

TEST(BufferRing, StopWaitingReleasesAWorker) {
  Doorbell bell;
  BufferRing ring(1, true, bell);
  std::thread worker([&] {
    LogAppender appender(ring);
    while (append(appender, record(0, 0))) {
    }
  });
  bell.wait();  // the worker is about to wait
  ring.stop_waiting();
  worker.join();
  EXPECT_EQ(ring.dropped(), 1U);
}

}  // namespace
}  // namespace inlet53::querylog
