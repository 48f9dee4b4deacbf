// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/tcp_listener.h"

#include "tcp_support.h"
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace inlet53::net {
namespace {

TEST(TcpListener, ServesIpv6AndReportsThePeer) {
  TcpServer server({}, "::1");
  SocketAddress peer;
  server.accept = [&](TcpConnection& connection) {
    peer = connection.peer();
    return true;
  };
  const Descriptor client = server.accepted_client();
  EXPECT_EQ(peer, bound_to(client.get()));
  send_text(client, "six\n");
  EXPECT_EQ(server.answer_of(client, 4), "six\n");
}

TEST(TcpListener, RefusesUnauthorisedConnections) {
  TcpServer server;
  server.accept = [](TcpConnection& connection) {
    return connection.peer().address != *IpAddress::parse("127.9.9.9");
  };
  const Descriptor unauthorised = server.accepted_client("127.9.9.9");
  EXPECT_TRUE(at_end(unauthorised));
  EXPECT_EQ(server.owner.ended, 0);
  EXPECT_EQ(server.owner.destroyed, 0);
  EXPECT_EQ(server.listener->counts().refused, 1U);
  EXPECT_EQ(server.listener->counts().open, 0U);
  const Descriptor friendly = server.accepted_client("127.0.0.2");
  send_text(friendly, "hello\n");
  EXPECT_EQ(server.answer_of(friendly, 6), "hello\n");
}

TEST(TcpListener, MayGreetAndCloseWhileAdmitting) {
  TcpServer server;
  server.accept = [](TcpConnection& connection) {
    connection.send(as_bytes("go away\n"));
    connection.close_after_send();
    return true;
  };
  const Descriptor client = server.accepted_client();
  EXPECT_EQ(server.answer_of(client, 8), "go away\n");
  EXPECT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
}

TEST(TcpListener, CapsTheConnectionsOfOneClient) {
  TcpServer server({.max_connections_per_client = 2});
  Descriptor first = server.accepted_client("127.0.0.2");
  const Descriptor second = server.accepted_client("127.0.0.2");
  const Descriptor third = server.accepted_client("127.0.0.2");
  const Descriptor other = server.accepted_client("127.0.0.3");
  EXPECT_TRUE(at_end(third));
  EXPECT_EQ(server.listener->counts().open, 3U);
  EXPECT_EQ(server.listener->counts().refused, 1U);

  first.reset();  // frees a place
  ASSERT_TRUE(server.serve_until([&] { return server.owner.ended == 1; }));
  const Descriptor fourth = server.accepted_client("127.0.0.2");
  send_text(fourth, "room\n");
  EXPECT_EQ(server.answer_of(fourth, 5), "room\n");
  EXPECT_EQ(server.listener->counts().accepted, 5U);
}

TEST(TcpListener, CapsTheConnectionsOfAll) {
  TcpServer server({.max_connections = 3});
  std::vector<Descriptor> clients;
  for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
    clients.push_back(server.accepted_client(from));
  }
  EXPECT_TRUE(at_end(clients[3]));
  EXPECT_EQ(server.listener->counts().open, 3U);
}

TEST(TcpListener, AcceptsMoreThanOneWakeupTakes) {
  TcpServer server;
  std::vector<Descriptor> clients;
  for (int i = 0; i < 150; ++i) clients.push_back(connected(SOCK_STREAM, server.address));
  EXPECT_TRUE(server.serve_until([&] { return server.listener->counts().open == 150; }));
  for (const Descriptor& client : clients) send_text(client, "all\n");
  EXPECT_TRUE(server.serve_until([&] { return server.owner.messages == 150; }));
}

TEST(TcpListener, StopsAcceptingButServesOpenConnections) {
  TcpServer server;
  const Descriptor client = server.accepted_client();
  server.listener->stop_accepting();
  EXPECT_EQ(server.listener->descriptor(), -1);
  const Descriptor late = client_socket(SOCK_STREAM, IpFamily::V4);
  EXPECT_EQ(connect_to(late, server.address), ECONNREFUSED);
  send_text(client, "go on\n");
  EXPECT_EQ(server.answer_of(client, 6), "go on\n");
}

TEST(TcpListener, DrainsWithoutNewConnectionsAndNotifiesEachClient) {
  TcpServer server;
  std::vector<Descriptor> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(server.accepted_client());
  std::vector<TcpConnection*> told;
  server.owner.on_drain = [&](TcpConnection& connection) { told.push_back(&connection); };
  server.listener->drain();
  EXPECT_EQ(server.listener->descriptor(), -1);
  std::vector<TcpConnection*> open = server.owner.open;
  std::sort(told.begin(), told.end());
  std::sort(open.begin(), open.end());
  EXPECT_EQ(told, open);
  send_text(clients[3], "go on\n");
  EXPECT_EQ(server.answer_of(clients[3], 6), "go on\n");
}

TEST(TcpListener, MayCloseConnectionsWhileItDrains) {
  TcpServer server;
  std::vector<Descriptor> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(server.accepted_client());
  // Each connection also closes the oldest one.
  server.owner.on_drain = [&](TcpConnection& connection) {
    TcpConnection* const oldest = server.owner.open.front();
    if (oldest != &connection) oldest->close();
    connection.close();
  };
  server.listener->drain();
  EXPECT_EQ(server.owner.ended, 10);
  EXPECT_EQ(server.owner.destroyed, 10);
  EXPECT_EQ(server.listener->counts().open, 0U);
}

TEST(TcpListener, ItsEndClosesEveryConnection) {
  TcpServer server;
  std::vector<Descriptor> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(server.accepted_client());
  // One of them closes others.
  server.owner.on_closed = [&](TcpConnection&) {
    if (!server.owner.open.empty()) server.owner.open.front()->close();
  };
  server.listener.reset();
  EXPECT_EQ(server.owner.ended, 10);
  EXPECT_EQ(server.owner.destroyed, 10);
  for (const Descriptor& client : clients) EXPECT_TRUE(is_gone(client));
}

TEST(TcpListener, PausesWithoutDescriptorsAndResumes) {
  TcpServer server;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const Descriptor client = connected(SOCK_STREAM, server.address);
  // The lowest free descriptor becomes the limit.
  const int lowest = dup(0);
  ASSERT_GE(lowest, 0);
  close(lowest);
  const rlimit exhausted{static_cast<rlim_t>(lowest), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &exhausted), 0);
  bool later = false;
  int turns = 0;
  Timer timer(server.loop, [&] { later = ++turns == 10; });
  timer.start(1, 1);
  EXPECT_TRUE(server.serve_until([&] { return later; }));
  EXPECT_EQ(server.listener->counts().accepted, 0U);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);

  send_text(client, "patient\n");
  EXPECT_EQ(server.answer_of(client, 8), "patient\n");
}

}  // namespace
}  // namespace inlet53::net
