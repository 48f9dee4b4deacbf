// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "tcp_support.h"
#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

std::string numbered_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "message " + std::to_string(i) + '\n';
  return lines;
}

TEST(TcpConnection, PutsAStreamTogetherByteByByte) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  const std::string message = "one message in many segments\n";
  for (size_t i = 0; i < message.size(); ++i) {
    const int calls = server.owner.calls;
    send_text(client, message.substr(i, 1));
    ASSERT_TRUE(server.serve_until([&] { return server.owner.calls > calls; }));
  }
  EXPECT_EQ(server.answer_of(client, message.size()), message);
  EXPECT_EQ(server.owner.largest_stream, message.size());
}

TEST(TcpConnection, AnswersAThousandPipelinedMessagesAtOnce) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  const std::string lines = numbered_lines(1000);
  send_text(client, lines);
  EXPECT_EQ(server.answer_of(client, lines.size()), lines);
  EXPECT_EQ(server.owner.messages, 1000);
  EXPECT_LE(server.owner.calls, 3);
}

TEST(TcpConnection, KeepsThePartOfAMessageThatCameWithOthers) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  send_text(client, "first\nsec");
  EXPECT_EQ(server.answer_of(client, 6), "first\n");
  send_text(client, "ond\nthi");
  EXPECT_EQ(server.answer_of(client, 7), "second\n");
  send_text(client, "rd\n");
  EXPECT_EQ(server.answer_of(client, 6), "third\n");
}

TEST(TcpConnection, HoldsTheLongestMessageAndNoMore) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  const std::string longest = std::string(TcpConnection::kMaxStream - 1, 'x') + '\n';
  send_text(client, longest);
  EXPECT_EQ(server.answer_of(client, longest.size()), longest);
  EXPECT_EQ(server.owner.largest_stream, TcpConnection::kMaxStream);

  send_text(client, std::string(TcpConnection::kMaxStream, 'y'));
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_LE(server.owner.largest_stream, TcpConnection::kMaxStream);
}

TEST(TcpConnection, KeepsBytesWhilePausedAndReadsNoMore) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  server.owner.open.front()->pause();
  server.owner.paused = true;
  const std::string lines = numbered_lines(20000);  // more than a stream may hold
  std::string sent;
  ASSERT_TRUE(server.serve_until([&] {
    const size_t size = std::min<size_t>(lines.size() - sent.size(), 8192);
    const ssize_t count =
        send(client.get(), lines.data() + sent.size(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) sent.append(lines, sent.size(), static_cast<size_t>(count));
    return sent.size() == lines.size();
  }));
  EXPECT_EQ(server.owner.calls, 1);

  server.owner.paused = false;
  server.owner.open.front()->resume();
  EXPECT_EQ(server.answer_of(client, lines.size()), lines);
  EXPECT_EQ(server.owner.ended, 0);
}

TEST(TcpConnection, ResumesWithoutANewByteFromThePeer) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  server.owner.open.front()->pause();
  server.owner.paused = true;
  send_text(client, "one\ntwo\n");
  ASSERT_TRUE(server.serve_until([&] { return server.owner.calls == 1; }));
  server.owner.paused = false;
  server.owner.open.front()->resume();
  EXPECT_EQ(server.answer_of(client, 8), "one\ntwo\n");
}

TEST(TcpConnection, AnswersAHalfClosedPeerThenCloses) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  const std::string lines = numbered_lines(100);
  send_text(client, lines);
  shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(server.answer_of(client, lines.size()), lines);
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_TRUE(at_end(client));
}

TEST(TcpConnection, WaitsForResponsesThatItsOwnerStillOwes) {
  TcpServer server;
  server.owner.owes = true;
  server.owner.answer = [](std::string_view) { return std::string(); };
  const Descriptor client = server.accepted_client();
  send_text(client, "slow\n");
  shutdown(client.get(), SHUT_WR);
  ASSERT_TRUE(server.serve_until([&] { return server.owner.messages == 1; }));
  bool later = false;
  Timer timer(server.loop, [&] { later = true; });
  timer.start(5);
  ASSERT_TRUE(server.serve_until([&] { return later; }));
  ASSERT_EQ(server.owner.ended, 0);

  server.owner.open.front()->send(as_bytes("at last\n"));
  server.owner.open.front()->close_after_send();
  EXPECT_EQ(server.answer_of(client, 8), "at last\n");
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_TRUE(at_end(client));
}

TEST(TcpConnection, EndsWhenThePeerResets) {
  TcpServer server;
  Descriptor client = server.accepted_client();
  const linger reset{1, 0};
  ASSERT_EQ(setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client.reset();
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

// Client that sends requests and never reads: the responses wait in bounded memory.
struct Greedy {
  explicit Greedy(const TcpListener::Options& options) : server(options) {
    server.owner.answer = [](std::string_view) { return std::string(8192, 'z') + '\n'; };
    client = server.accepted_client();
    questions = std::string(6000, '\n');
    send_text(client, questions);
  }
  // Runs until the connection is congested and the owner is not called any more.
  [[nodiscard]] bool stall() {
    return server.serve_until(
        [&] { return !server.owner.open.empty() && server.owner.open.front()->congested(); });
  }
  TcpServer server;
  Descriptor client;
  std::string questions;
};

TEST(TcpConnection, StopsReadingFromAPeerThatDoesNotRead) {
  Greedy greedy({.max_unsent = 100'000, .write_timeout_ms = kPatienceMs * 10});
  ASSERT_TRUE(greedy.stall());
  const int made = greedy.server.owner.messages;
  EXPECT_LT(made, 6000);
  const int calls = greedy.server.owner.calls;
  send_text(greedy.client, "more\n");
  bool later = false;
  Timer timer(greedy.server.loop, [&] { later = true; });
  timer.start(5);
  ASSERT_TRUE(greedy.server.serve_until([&] { return later; }));
  EXPECT_EQ(greedy.server.owner.calls, calls);

  // When it reads, it gets every response, including the delayed ones.
  const size_t expected = size_t{6001} * 8193;
  size_t taken = 0;
  EXPECT_TRUE(greedy.server.serve_until([&] {
    while (can_read(greedy.client)) {
      const size_t got = receive_text(greedy.client).size();
      if (got == 0) return true;
      taken += got;
    }
    return taken >= expected;
  }));
  EXPECT_EQ(taken, expected);
  EXPECT_EQ(greedy.server.owner.messages, 6001);
  EXPECT_GT(greedy.server.owner.times_caught_up, 0);
}

TEST(TcpConnection, ClosesWhenThePeerReadsNothing) {
  Greedy greedy({.max_unsent = 100'000, .write_timeout_ms = 20});
  EXPECT_TRUE(greedy.server.serve_until([&] { return greedy.server.owner.ended == 1; }));
}

TEST(TcpConnection, EndsAtAResetInTheMiddleOfAWrite) {
  Greedy greedy({.max_unsent = 100'000, .write_timeout_ms = kPatienceMs * 10});
  ASSERT_TRUE(greedy.stall());
  greedy.client.reset();  // with unread bytes: RST
  EXPECT_TRUE(greedy.server.serve_until([&] { return greedy.server.owner.ended == 1; }));
}

TEST(TcpConnection, TimesOutWhenIdle) {
  TcpServer server;
  server.accept = [](TcpConnection& connection) {
    connection.set_timeout(20);
    return true;
  };
  const Descriptor client = server.accepted_client();
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_TRUE(at_end(client));
}

TEST(TcpConnection, LetsItsOwnerSayGoodbyeAtATimeout) {
  TcpServer server;
  server.owner.farewell = "too late\n";
  server.accept = [](TcpConnection& connection) {
    connection.set_timeout(20);
    return true;
  };
  const Descriptor client = server.accepted_client();
  EXPECT_EQ(server.answer_of(client, 9), "too late\n");
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_TRUE(at_end(client));
}

TEST(TcpConnection, TimeoutMovesOnAndStops) {
  TcpServer server;
  const Descriptor lively = server.accepted_client();
  const Descriptor idle = server.accepted_client();
  server.owner.open[0]->set_timeout(1);
  server.owner.open[0]->set_timeout(kPatienceMs * 10);
  server.owner.open[1]->set_timeout(kPatienceMs * 10);
  server.owner.open[1]->set_timeout(1);  // an earlier timeout counts, too
  ASSERT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_TRUE(at_end(idle));
  server.owner.open[0]->set_timeout(1);
  server.owner.open[0]->set_timeout(0);
  bool later = false;
  Timer timer(server.loop, [&] { later = true; });
  timer.start(5);
  ASSERT_TRUE(server.serve_until([&] { return later; }));
  EXPECT_EQ(server.owner.ended, 1);
}

TEST(TcpConnection, AcceptsBytesThatWaitedDuringALongTurn) {
  constexpr auto kTimeout = std::chrono::milliseconds(10);
  TcpServer server;
  const Descriptor prompt = server.accepted_client();
  const Descriptor laborious = server.accepted_client();
  server.owner.on_received = [&](TcpConnection& connection) {
    if (&connection != server.owner.open[1]) return connection.set_timeout(0);
    server.owner.open[0]->set_timeout(kTimeout.count());
    send_text(prompt, "in time\n");
    const auto late = std::chrono::steady_clock::now() + 2 * kTimeout;
    while (std::chrono::steady_clock::now() < late) continue;
  };
  send_text(laborious, "much work\n");
  EXPECT_EQ(server.answer_of(prompt, 8), "in time\n");
  EXPECT_EQ(server.owner.ended, 0);
}

TEST(TcpConnection, CloseInsideReceivedComesAfterIt) {
  TcpServer server;
  bool closed_too_early = false;
  server.owner.on_received = [&](TcpConnection& connection) {
    connection.close();
    closed_too_early = server.owner.ended != 0;
    connection.send(as_bytes("not sent"));
    connection.set_timeout(1);
    connection.close_after_send();
  };
  const Descriptor client = server.accepted_client();
  send_text(client, "hello\n");
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_FALSE(closed_too_early);
  EXPECT_EQ(server.owner.destroyed, 1);
  EXPECT_TRUE(at_end(client));
}

TEST(TcpConnection, CloseOutsideComesAtOnceAndOnlyOnce) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  server.owner.on_closed = [](TcpConnection& connection) {
    connection.close();
    connection.close_after_send();
    connection.send(as_bytes("into the void"));
    connection.set_timeout(1);
  };
  server.owner.open.front()->close();
  EXPECT_EQ(server.owner.ended, 1);
  EXPECT_EQ(server.owner.destroyed, 1);
  EXPECT_TRUE(at_end(client));
}

TEST(TcpConnection, MayCloseAnotherConnectionInsideReceived) {
  TcpServer server;
  const Descriptor first = server.accepted_client();
  const Descriptor second = server.accepted_client();
  TcpConnection* const other = server.owner.open[1];
  server.owner.on_received = [&](TcpConnection&) {
    if (server.owner.open.size() == 2) other->close();
  };
  send_text(first, "close it\n");
  EXPECT_EQ(server.answer_of(first, 9), "close it\n");
  EXPECT_EQ(server.owner.ended, 1);
  EXPECT_TRUE(at_end(second));
}

TEST(TcpConnection, ClosesAfterQueuedBytesAreSent) {
  Greedy greedy({.max_unsent = 100'000, .write_timeout_ms = kPatienceMs * 10});
  ASSERT_TRUE(greedy.stall());
  greedy.server.owner.open.front()->close_after_send();
  EXPECT_EQ(greedy.server.owner.ended, 0);
  const size_t expected = static_cast<size_t>(greedy.server.owner.messages) * 8193;
  size_t taken = 0;
  EXPECT_TRUE(greedy.server.serve_until([&] {
    while (can_read(greedy.client)) {
      const size_t got = receive_text(greedy.client).size();
      if (got == 0) return true;
      taken += got;
    }
    return false;
  }));
  EXPECT_EQ(taken, expected);
  greedy.client.reset();
  EXPECT_TRUE(greedy.server.serve_until([&] { return greedy.server.owner.ended == 1; }));
}

TEST(TcpConnection, LetsASendingPeerReadTheLastBytes) {
  TcpServer server;
  server.owner.answer = [](std::string_view) { return std::string("last words\n"); };
  server.owner.on_received = [](TcpConnection& connection) { connection.close_after_send(); };
  const Descriptor client = server.accepted_client();
  send_text(client, "one\n");
  EXPECT_EQ(server.answer_of(client, 11), "last words\n");
  // It has not noticed yet. With these bytes unread, closing would reset the connection.
  send_text(client, std::string(100'000, 'x'));
  bool later = false;
  Timer timer(server.loop, [&] { later = true; });
  timer.start(5);
  ASSERT_TRUE(server.serve_until([&] { return later; }));
  EXPECT_TRUE(at_end(client));
  EXPECT_EQ(server.owner.ended, 0);
  EXPECT_EQ(shutdown(client.get(), SHUT_WR), 0);
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

TEST(TcpConnection, DropsBytesQueuedAfterFin) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  server.owner.open.front()->send(as_bytes("last words\n"));
  server.owner.open.front()->close_after_send();
  EXPECT_EQ(server.answer_of(client, 11), "last words\n");
  ASSERT_TRUE(server.serve_until([&] { return can_read(client); }));
  server.owner.open.front()->send(as_bytes("too late\n"));
  int turns = 0;
  ASSERT_TRUE(server.serve_until([&] { return ++turns == 5; }));
  EXPECT_EQ(server.owner.ended, 0);
  EXPECT_TRUE(at_end(client));
  EXPECT_EQ(shutdown(client.get(), SHUT_WR), 0);
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

TEST(TcpConnection, LingersNoLongerThanItsClientOnceSet) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  server.owner.open.front()->close_after_send();
  ASSERT_TRUE(server.serve_until([&] { return can_read(client); }));
  EXPECT_TRUE(at_end(client));
  server.owner.open.front()->set_timeout(kPatienceMs * 10);
  server.owner.open.front()->set_timeout(0);
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

TEST(TcpConnection, EndsWhenThePeerNeverStopsSending) {
  TcpServer server;
  server.owner.on_received = [](TcpConnection& connection) { connection.close_after_send(); };
  const Descriptor client = server.accepted_client();
  EXPECT_TRUE(server.serve_until([&] {
    (void)send(client.get(), "x\n", 2, MSG_DONTWAIT | MSG_NOSIGNAL);
    return server.owner.ended == 1;
  }));
}

// Transitions of `TcpStage` that no test above covers.

TEST(TcpConnection, AHalfClosedOneThatOwesResponsesTimesOut) {
  TcpServer server;
  server.owner.owes = true;
  const Descriptor client = server.accepted_client();
  shutdown(client.get(), SHUT_WR);
  ASSERT_TRUE(server.serve_until([&] { return server.owner.finished == 1; }));
  server.owner.open.front()->set_timeout(1);
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  EXPECT_TRUE(at_end(client));
}

TEST(TcpConnection, AHalfClosedOneMayFinishOrCloseWhenItHearsOfFin) {
  for (const bool closes : {true, false}) {
    TcpServer server;
    server.owner.owes = true;
    server.owner.on_finished = [&](TcpConnection& connection) {
      connection.send(as_bytes("goodbye\n"));
      closes ? connection.close() : connection.close_after_send();
    };
    const Descriptor client = server.accepted_client();
    shutdown(client.get(), SHUT_WR);
    EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
    EXPECT_EQ(server.owner.destroyed, 1);
    EXPECT_EQ(server.answer_of(client, 8), "goodbye\n");
    EXPECT_TRUE(at_end(client));
  }
}

TEST(TcpConnection, EndsUponAHalfClosedPeerThatLeavesBeforeAllIsSent) {
  TcpServer server;
  server.owner.on_finished = [](TcpConnection& connection) {
    connection.send(as_bytes(std::string(size_t{64} << 20, 'x')));
  };
  Descriptor client = server.accepted_client();
  shutdown(client.get(), SHUT_WR);
  ASSERT_TRUE(server.serve_until([&] { return server.owner.finished == 1; }));
  EXPECT_EQ(server.owner.ended, 0);
  client.reset();  // with unread bytes: RST
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

TEST(TcpConnection, EndsWhenThePeerDoesNotReadTheLastBytes) {
  Greedy greedy({.max_unsent = 100'000, .write_timeout_ms = 50});
  ASSERT_TRUE(greedy.stall());
  greedy.server.owner.open.front()->close_after_send();
  EXPECT_TRUE(greedy.server.serve_until([&] { return greedy.server.owner.ended == 1; }));
}

TEST(TcpConnection, EndsWhenThePeerResetsAfterFin) {
  TcpServer server;
  Descriptor client = server.accepted_client();
  server.owner.open.front()->close_after_send();
  ASSERT_TRUE(server.serve_until([&] { return can_read(client); }));
  EXPECT_EQ(server.owner.ended, 0);
  const linger reset{1, 0};
  ASSERT_EQ(setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client.reset();
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

TEST(TcpConnection, CloseEndsALingeringConnection) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  server.owner.open.front()->close_after_send();
  ASSERT_TRUE(server.serve_until([&] { return can_read(client); }));
  server.owner.open.front()->close();
  EXPECT_EQ(server.owner.ended, 1);
  EXPECT_EQ(server.owner.destroyed, 1);
}

TEST(TcpConnection, MayCloseWhenItHasCaughtUp) {
  Greedy greedy({.max_unsent = 100'000, .write_timeout_ms = kPatienceMs * 10});
  ASSERT_TRUE(greedy.stall());
  greedy.server.owner.on_caught_up = [](TcpConnection& connection) { connection.close(); };
  const int calls = greedy.server.owner.calls;
  EXPECT_TRUE(greedy.server.serve_until([&] {
    while (can_read(greedy.client) && !receive_text(greedy.client).empty()) continue;
    return greedy.server.owner.ended == 1;
  }));
  EXPECT_EQ(greedy.server.owner.calls, calls);
}

TEST(TcpConnection, APauseCancelsADueResume) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  TcpConnection& connection = *server.owner.open.front();
  connection.pause();
  server.owner.paused = true;
  send_text(client, "one\n");
  ASSERT_TRUE(server.serve_until([&] { return server.owner.calls == 1; }));
  connection.resume();
  connection.pause();
  int turns = 0;
  ASSERT_TRUE(server.serve_until([&] { return ++turns == 5; }));
  EXPECT_EQ(server.owner.calls, 1);
  server.owner.paused = false;
  connection.resume();
  EXPECT_EQ(server.answer_of(client, 4), "one\n");
}

TEST(TcpConnection, SendToABrokenConnectionDoesNotCallClosedItself) {
  TcpServer server;
  Descriptor client = server.accepted_client();
  TcpConnection& connection = *server.owner.open.front();
  const linger reset{1, 0};
  ASSERT_EQ(setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client.reset();
  connection.send(as_bytes("one"));
  connection.send(as_bytes("two"));
  EXPECT_EQ(server.owner.ended, 0);
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

}  // namespace
}  // namespace inlet53::net
