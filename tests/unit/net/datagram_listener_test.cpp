// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/datagram_listener.h"

#include <functional>
#include <memory>
#include <optional>

#include "net_support.h"
#include "socket_watcher.h"
#include "test_source.h"
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace inlet53::net {

namespace {

/// Listener on a source without a socket. It sends each datagram back.
class DatagramListenerTest : public testing::Test {
 protected:
  void listen(size_t buffer_half = SIZE_MAX) {
    auto made = std::make_unique<TestSource>(local("127.0.0.1", 4242));
    source = made.get();
    source->buffer_half = buffer_half;
    listener.emplace(
        loop, std::move(made),
        [](void* self, std::span<Datagram> batch) noexcept {
          static_cast<DatagramListenerTest*>(self)->answer(batch);
        },
        this, [this] { ++fell_behind; });
  }
  void answer(std::span<Datagram> batch) {
    if (batches.empty() && at_first_batch) at_first_batch();
    batches.push_back(batch.size());
    for (Datagram& each : batch) each.response = each.received;
  }
  void put(size_t count) {
    for (size_t i = 0; i < count; ++i) source->put(as_bytes("query"));
  }

  Loop loop;
  TestSource* source = nullptr;
  std::vector<size_t> batches;
  size_t fell_behind = 0;
  std::function<void()> at_first_batch;
  std::optional<DatagramListener> listener;
};

TEST_F(DatagramListenerTest, AnswersAnySourceInBatchesUntilNoneWaits) {
  listen();
  constexpr size_t kCount = 2 * DatagramSource::kMaxBatch + 3;
  put(kCount);
  ASSERT_TRUE(run_until(loop, [&] { return source->responses.size() >= kCount; }));
  EXPECT_EQ(batches, (std::vector<size_t>{64, 64, 3}));
  EXPECT_EQ(source->polls, 3U);  // the short batch means that no more wait
}

TEST_F(DatagramListenerTest, LetsOthersRunAfterItsMostBatches) {
  listen();
  constexpr size_t kCount = 3 * DatagramListener::kMaxBatches * DatagramSource::kMaxBatch;
  put(kCount);
  size_t answered_before_others = 0;
  Wakeup other(loop, [&] { answered_before_others = source->responses.size(); });
  at_first_batch = [&] { other.wake(); };
  ASSERT_TRUE(run_until(loop, [&] { return source->responses.size() == kCount; }));
  EXPECT_GT(answered_before_others, 0U);
  EXPECT_LT(answered_before_others, kCount);
}

TEST_F(DatagramListenerTest, ReportsThatItFellBehindAtHalfOfTheBuffer) {
  listen(100);
  put(2 * DatagramSource::kMaxBatch);
  ASSERT_TRUE(run_until(loop, [&] { return batches.size() >= 2; }));
  EXPECT_EQ(fell_behind, 1U);
}

// Watches one end of a pair of datagram sockets. While `coming` lasts, each receive call sends it
// `each_turn` more: a client that is as fast as its server.
struct Arrivals {
  Arrivals() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    watched = Descriptor(ends[0]);
    peer = Descriptor(ends[1]);
    watcher.emplace(loop, watched.get(), [this] { return receive(); });
  }

  size_t receive() {
    size_t taken = 0;
    char byte = 0;
    while (recv(watched.get(), &byte, 1, 0) == 1) ++taken;
    total += taken;
    if (watcher->polls_every_turn()) {
      ++turns_asked;
      empty_turns += taken == 0 ? 1 : 0;
    } else {
      ++turns_told;
    }
    for (size_t i = 0; i < each_turn && coming > 0; ++i, --coming) send_text(peer, "x");
    return taken;
  }

  [[nodiscard]] bool run_until_total(uint64_t datagrams) {
    return run_until(loop, [&] { return total >= datagrams; });
  }
  // Starts a phase of `datagrams` in total, of which this many arrive in each turn.
  void come(uint64_t datagrams, size_t in_each_turn) {
    coming = datagrams - in_each_turn;
    each_turn = in_each_turn;
    for (size_t i = 0; i < in_each_turn; ++i) send_text(peer, "x");
  }
  // Runs a phase from its start until epoll watches the socket again.
  [[nodiscard]] bool run_phase(uint64_t datagrams, size_t in_each_turn) {
    come(datagrams, in_each_turn);
    return run_until_total(total + datagrams) &&
           run_until(loop, [&] { return !watcher->polls_every_turn(); });
  }

  Loop loop;
  Descriptor watched;
  Descriptor peer;
  uint64_t coming = 0;
  size_t each_turn = 0;
  uint64_t total = 0;
  uint64_t turns_told = 0;
  uint64_t turns_asked = 0;
  uint64_t empty_turns = 0;
  std::optional<ArrivalWatcher> watcher;
};

TEST(ArrivalWatcher, UsesEpollForFewDatagrams) {
  Arrivals arrivals;
  arrivals.come(200, 1);
  ASSERT_TRUE(arrivals.run_until_total(200));
  EXPECT_EQ(arrivals.turns_asked, 0U);
  EXPECT_FALSE(arrivals.watcher->polls_every_turn());
}

TEST(ArrivalWatcher, AsksWhileDatagramsKeepComing) {
  Arrivals arrivals;
  ASSERT_TRUE(arrivals.run_phase(400, 2));
  EXPECT_EQ(arrivals.turns_told, 16U);
  EXPECT_EQ(arrivals.turns_asked, 200U - 16U + 2U);
  EXPECT_EQ(arrivals.empty_turns, 2U);
}

TEST(ArrivalWatcher, UsesEpollAgainAfterwards) {
  Arrivals arrivals;
  ASSERT_TRUE(arrivals.run_phase(400, 2));
  const uint64_t asked = arrivals.turns_asked;
  send_text(arrivals.peer, "x");
  ASSERT_TRUE(arrivals.run_until_total(401));
  EXPECT_EQ(arrivals.turns_asked, asked);
  EXPECT_EQ(arrivals.turns_told, 17U);
}

TEST(ArrivalWatcher, PollsLaterAfterAShortPhase) {
  Arrivals arrivals;
  ASSERT_TRUE(arrivals.run_phase(40, 2));
  EXPECT_EQ(arrivals.turns_told, 16U);
  ASSERT_TRUE(arrivals.run_phase(400, 2));
  EXPECT_EQ(arrivals.turns_told, 16U + 32U);
  // That phase was long, so the next one starts as early as the first.
  ASSERT_TRUE(arrivals.run_phase(400, 2));
  EXPECT_EQ(arrivals.turns_told, 16U + 32U + 16U);
}

TEST(ArrivalWatcher, LeavesTheLoopItsTimersWhileItAsks) {
  Arrivals arrivals;
  uint64_t expired = 0;
  Timer timer(arrivals.loop, [&] { ++expired; });
  timer.start(0, 1);
  arrivals.come(UINT32_MAX, 2);
  ASSERT_TRUE(run_until(arrivals.loop, [&] { return arrivals.watcher->polls_every_turn(); }));
  const uint64_t told = arrivals.turns_told;
  expired = 0;
  ASSERT_TRUE(run_until(arrivals.loop, [&] { return expired > 5; }));
  EXPECT_EQ(arrivals.turns_told, told);
  arrivals.coming = 0;
}

TEST(ArrivalWatcher, CanGoWhileItAsks) {
  Arrivals arrivals;
  arrivals.come(UINT32_MAX, 2);
  ASSERT_TRUE(run_until(arrivals.loop, [&] { return arrivals.watcher->polls_every_turn(); }));
  const uint64_t total = arrivals.total;
  arrivals.watcher.reset();
  int turns = 0;
  ASSERT_TRUE(run_until(arrivals.loop, [&] { return ++turns > 3; }));
  EXPECT_EQ(arrivals.total, total);
}

}  // namespace

}  // namespace inlet53::net
