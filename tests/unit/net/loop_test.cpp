// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/loop.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "net_support.h"
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inlet53/base/program.h"

namespace inlet53::net {
namespace {

TEST(Loop, RunsOutWhenNothingIsWatched) {
  Loop loop;
  loop.run();
}

TEST(Loop, StopBeforeRunEndsThatRun) {
  Loop loop;
  bool expired = false;
  Timer timer(loop, [&] { expired = true; });
  timer.start(kPatienceMs);
  loop.stop();
  loop.run();
  EXPECT_FALSE(expired);
}

TEST(LoopDeathTest, AbortsWhenAnObjectOutlivesIt) {
  EXPECT_DEATH(
      {
        auto loop = std::make_unique<Loop>();
        Timer timer(*loop, [] {});
        timer.start(1);
        loop.reset();
      },
      "broken invariant");
}

// Expects exit status 1 and a message, not an exception that unwinds libuv.
class ThrowingCallback : public testing::Test {
 protected:
  /// Runs a loop with the object of `arm`, as a program does. Its callbacks throw.
  template <class Arm>
  [[noreturn]] static void run(const Arm& arm) {
    std::_Exit(run_program("test", [&] {
      Loop loop;
      const auto armed = arm(loop);
      try {
        loop.run();
      } catch (const std::exception&) {
        std::_Exit(99);  // the exception passed through libuv
      }
      return 0;
    }));
  }
  static void fail() { throw std::runtime_error("no such luck"); }
  static constexpr const char* kSaid = "ended by a failure: no such luck";
};
using ThrowingCallbackDeathTest = ThrowingCallback;

TEST_F(ThrowingCallbackDeathTest, OfATimer) {
  EXPECT_EXIT(run([](Loop& loop) {
                auto timer = std::make_unique<Timer>(loop, fail);
                timer->start(0);
                return timer;
              }),
              testing::ExitedWithCode(1), kSaid);
}

TEST_F(ThrowingCallbackDeathTest, OfTheTurn) {
  EXPECT_EXIT(run([](Loop& loop) {
                auto end = std::make_unique<TurnEnd>(loop, fail);
                end->request();
                return end;
              }),
              testing::ExitedWithCode(1), kSaid);
  EXPECT_EXIT(run([](Loop& loop) {
                auto turn = std::make_unique<EveryTurn>(loop, fail);
                turn->start();
                return turn;
              }),
              testing::ExitedWithCode(1), kSaid);
}

TEST_F(ThrowingCallbackDeathTest, OfAWakeup) {
  EXPECT_EXIT(run([](Loop& loop) {
                auto wakeup = std::make_unique<Wakeup>(loop, fail);
                wakeup->wake();
                return wakeup;
              }),
              testing::ExitedWithCode(1), kSaid);
}

TEST_F(ThrowingCallbackDeathTest, OfASignal) {
  EXPECT_EXIT(run([](Loop& loop) {
                auto watcher = std::make_unique<SignalWatcher>(loop, SIGUSR2, fail);
                raise(SIGUSR2);
                return watcher;
              }),
              testing::ExitedWithCode(1), kSaid);
}

TEST_F(ThrowingCallbackDeathTest, OfADescriptor) {
  EXPECT_EXIT(run([](Loop& loop) {
                std::array<int, 2> ends{};
                if (pipe(ends.data()) != 0) std::_Exit(98);
                close(ends[1]);  // the readable side has ended
                return std::make_unique<ReadWatcher>(loop, ends[0], fail);
              }),
              testing::ExitedWithCode(1), kSaid);
}

TEST(LoopDeathTest, ReportsThatNoDescriptorIsFree) {
  const auto run_without_descriptors = [] {
    const rlimit none{3, 3};
    setrlimit(RLIMIT_NOFILE, &none);
    std::_Exit(run_program("test", [] {
      Loop loop;
      return 0;
    }));
  };
  EXPECT_EXIT(run_without_descriptors(), testing::ExitedWithCode(1),
              "cannot make an event loop: Too many open files");
}

TEST(Timer, ExpiresOnceOrAgainAndAgain) {
  Loop loop;
  int once = 0;
  int often = 0;
  Timer first(loop, [&] { ++once; });
  Timer second(loop, [&] { ++often; });
  first.start(0);
  second.start(0, 1);
  EXPECT_TRUE(run_until(loop, [&] { return often >= 3; }));
  EXPECT_EQ(once, 1);
  EXPECT_FALSE(first.active());
  EXPECT_TRUE(second.active());
  second.stop();
  EXPECT_FALSE(second.active());
}

TEST(Timer, StartingAgainReplaces) {
  Loop loop;
  bool expired = false;
  Timer timer(loop, [&] { expired = true; });
  timer.start(kPatienceMs * 100);
  timer.start(0);
  EXPECT_TRUE(run_until(loop, [&] { return expired; }));
}

TEST(Timer, MayBeDestroyedInsideItsCallback) {
  Loop loop;
  auto witness = std::make_shared<int>(0);
  std::optional<Timer> timer;
  timer.emplace(loop, [&timer, witness] {
    timer.reset();
    ++*witness;  // the captured value still exists
  });
  timer->start(0, 1);
  EXPECT_TRUE(run_until(loop, [&] { return *witness > 0 && witness.use_count() == 1; }));
  EXPECT_EQ(*witness, 1);
}

TEST(TurnEnd, ComesOnceATurnBeforeTheLoopWaits) {
  Loop loop;
  int calls = 0;
  TurnEnd end(loop, [&] { ++calls; });
  int at_next_turn = 0;
  Timer next(loop, [&] { at_next_turn = calls; });
  Timer first(loop, [&] {
    end.request();
    end.request();
    EXPECT_EQ(calls, 0);
    next.start(1);
  });
  first.start(0);
  loop.run();
  EXPECT_EQ(at_next_turn, 1);
  EXPECT_EQ(calls, 1);
}

TEST(TurnEnd, AskedWithinACallComesAgainAtOnce) {
  Loop loop;
  int calls = 0;
  std::optional<TurnEnd> end;
  end.emplace(loop, [&] {
    if (++calls < 3) end->request();
  });
  end->request();
  loop.run();  // would wait forever if it had to wait first
  EXPECT_EQ(calls, 3);
}

TEST(Wakeup, ComesFromOtherThreadsAndSeesTheirWrites) {
  Loop loop;
  constexpr int kThreads = 4;
  constexpr int kWakes = 2000;
  std::atomic<int> produced{0};
  int seen = 0;
  Wakeup wakeup(loop, [&] {
    seen = produced.load(std::memory_order_relaxed);
    if (seen == kThreads * kWakes) loop.stop();
  });
  Timer patience(loop, [&] { loop.stop(); });
  patience.start(kPatienceMs);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kWakes; ++i) {
        produced.fetch_add(1, std::memory_order_relaxed);
        wakeup.wake();
      }
    });
  }
  loop.run();  // ends only when no wake was lost
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen, kThreads * kWakes);
}

TEST(Wakeup, SeveralWakesBeforeTheLoopRunsAreOneCallback) {
  Loop loop;
  int woken = 0;
  Wakeup wakeup(loop, [&] { ++woken; });
  wakeup.wake();
  wakeup.wake();
  EXPECT_TRUE(run_until(loop, [&] { return woken > 0; }));
  EXPECT_EQ(woken, 1);
  wakeup.wake();
  EXPECT_TRUE(run_until(loop, [&] { return woken > 1; }));
}

TEST(SignalWatcher, HearsAndStopsHearing) {
  Loop loop;
  int heard = 0;
  {
    SignalWatcher watcher(loop, SIGUSR1, [&] { ++heard; });
    raise(SIGUSR1);
    EXPECT_TRUE(run_until(loop, [&] { return heard == 1; }));
  }
  int again = 0;
  SignalWatcher watcher(loop, SIGUSR1, [&] { ++again; });
  raise(SIGUSR1);
  EXPECT_TRUE(run_until(loop, [&] { return again == 1; }));
  EXPECT_EQ(heard, 1);
}

TEST(ReadWatcher, CallsUntilTheDescriptorIsEmpty) {
  Loop loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const Descriptor read_end(ends[0]);
  const Descriptor write_end(ends[1]);
  std::string text;
  ReadWatcher watcher(loop, read_end.get(), [&] {
    char byte = 0;
    if (read(read_end.get(), &byte, 1) == 1) text += byte;
  });
  ASSERT_EQ(write(write_end.get(), "abc", 3), 3);
  EXPECT_TRUE(run_until(loop, [&] { return text == "abc"; }));
}

TEST(ReadWatcher, ReportsTheEndAndMayBeDestroyedInsideItsCallback) {
  Loop loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  int called = 0;
  std::optional<ReadWatcher> watcher;
  watcher.emplace(loop, read_end.get(), [&] {
    watcher.reset();
    ++called;
  });
  write_end.reset();
  EXPECT_TRUE(run_until(loop, [&] { return called > 0; }));
  bool more = false;
  Timer timer(loop, [&] { more = true; });
  timer.start(2);
  EXPECT_TRUE(run_until(loop, [&] { return more; }));
  EXPECT_EQ(called, 1);
}

// Socket that its peer has reset: epoll reports an error, after which libuv stops watching.
TEST(ReadWatcher, WatchesOnAfterAnErrorOnTheSocket) {
  Loop loop;
  auto server = open_udp(local("127.0.0.1"), 0);
  ASSERT_TRUE(server);
  auto client = client_socket(SOCK_DGRAM, IpFamily::V4);
  const SocketAddress dead_end = bound_to(server->get());
  server->reset();
  ASSERT_EQ(connect_to(client, dead_end), 0);
  send_text(client, "no receiver");

  std::vector<int> errors;
  std::string text;
  ReadWatcher watcher(loop, client.get(), [&] {
    char bytes[16];
    const ssize_t count = recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0) errors.push_back(errno);
    if (count > 0) text.assign(bytes, static_cast<size_t>(count));
  });
  EXPECT_TRUE(run_until(loop, [&] { return !errors.empty(); }));
  EXPECT_EQ(errors.front(), ECONNREFUSED);

  auto revived = open_udp(dead_end, 0);
  ASSERT_TRUE(revived);
  sockaddr_storage to;
  const socklen_t length = bound_to(client.get()).to_sockaddr(to);
  ASSERT_EQ(sendto(revived->get(), "hello", 5, 0, reinterpret_cast<sockaddr*>(&to), length), 5);
  EXPECT_TRUE(run_until(loop, [&] { return text == "hello"; }));
}

}  // namespace
}  // namespace inlet53::net
