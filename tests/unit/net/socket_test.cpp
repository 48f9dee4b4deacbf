// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/socket.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "net_support.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace inlet53::net {
namespace {

int option(int descriptor, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_EQ(getsockopt(descriptor, level, name, &value, &length), 0);
  return value;
}

TEST(Descriptor, HasOneOwner) {
  Descriptor first(socket(AF_INET, SOCK_DGRAM, 0));
  const int number = first.get();
  Descriptor second(std::move(first));
  EXPECT_FALSE(first.valid());  // NOLINT: a moved-from Descriptor is empty
  EXPECT_EQ(second.get(), number);
  second = Descriptor();
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

TEST(OpenUdp, SetsTheOptionsOfAServer) {
  auto v4 = open_udp(local("127.0.0.1"), 0);
  ASSERT_TRUE(v4) << v4.error().message;
  EXPECT_NE(fcntl(v4->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(v4->get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(option(v4->get(), SOL_SOCKET, SO_REUSEPORT), 1);
  EXPECT_EQ(option(v4->get(), IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_OMIT);

  auto v6 = open_udp(local("::1"), 0);
  ASSERT_TRUE(v6) << v6.error().message;
  EXPECT_EQ(option(v6->get(), IPPROTO_IPV6, IPV6_V6ONLY), 1);
  EXPECT_EQ(option(v6->get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_OMIT);
}

TEST(OpenUdp, AsksForAReceiveBuffer) {
  auto small = open_udp(local("127.0.0.1"), 8192);
  auto usual = open_udp(local("127.0.0.1"), 0);
  ASSERT_TRUE(small && usual);
  EXPECT_EQ(option(small->get(), SOL_SOCKET, SO_RCVBUF), 2 * 8192);  // the kernel doubles it
  EXPECT_GT(option(usual->get(), SOL_SOCKET, SO_RCVBUF), 2 * 8192);
}

TEST(OpenUdp, NamesAddressTransportAndReason) {
  auto socket = open_udp(local("192.0.2.1", 53), 0);
  ASSERT_FALSE(socket);
  EXPECT_EQ(
      socket.error().message,
      "cannot listen on 192.0.2.1:53 (UDP): Cannot assign requested address; this machine has "
      "no such address: add 192.0.2.1 to an interface, or choose one of its addresses with "
      "`listen`");
  EXPECT_EQ(socket.error().address, local("192.0.2.1", 53));
  EXPECT_FALSE(socket.error().address_in_use());
}

TEST(OpenUdpDeathTest, ReportsThatALowPortNeedsACapability) {
  constexpr int kAllowed = 99;  // ports from 0 on need no privilege on this machine
  const auto bind_as_nobody = [](const auto& open) {
    if (geteuid() == 0 && setuid(65534) != 0) std::_Exit(98);
    const auto socket = open(local("127.0.0.1", 1));
    if (socket) std::_Exit(kAllowed);
    std::fprintf(stderr, "%s\n", socket.error().message.c_str());
    std::_Exit(socket.error().error == EACCES ? 4 : 97);
  };
  const auto ends_well = [](int status) {
    return WIFEXITED(status) && (WEXITSTATUS(status) == 4 || WEXITSTATUS(status) == kAllowed);
  };
  constexpr const char* kSaid =
      "Permission denied; port 1 needs the capability CAP_NET_BIND_SERVICE: give it to the program|"
      "^$";
  EXPECT_EXIT(bind_as_nobody([](const SocketAddress& at) { return open_udp(at, 0); }), ends_well,
              kSaid);
  EXPECT_EXIT(bind_as_nobody([](const SocketAddress& at) { return open_tcp(at); }), ends_well,
              kSaid);
}

TEST(OpenTcp, SharesAPortWithItsLikeButDoesNotListenYet) {
  auto first = open_tcp(local("127.0.0.1"));
  ASSERT_TRUE(first) << first.error().message;
  auto second = open_tcp(bound_to(first->get()));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(option(second->get(), SOL_SOCKET, SO_ACCEPTCONN), 0);
  auto client = client_socket(SOCK_STREAM, IpFamily::V4);
  EXPECT_EQ(connect_to(client, bound_to(first->get())), ECONNREFUSED);
}

TEST(ProbeAddress, SeesThroughReusePort) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    auto udp = open_udp(local(host), 0);
    ASSERT_TRUE(udp) << udp.error().message;
    const auto taken = probe_address(bound_to(udp->get()));
    ASSERT_FALSE(taken);
    EXPECT_TRUE(taken.error().address_in_use());
    EXPECT_EQ(taken.error().message,
              "cannot listen on " + bound_to(udp->get()).to_text() +
                  " (UDP): Address already in use; another process serves port " +
                  std::to_string(bound_to(udp->get()).port) +
                  " there: end it, or choose another address or port with `listen`");

    auto tcp = open_tcp(local(host));
    ASSERT_TRUE(tcp) << tcp.error().message;
    ASSERT_EQ(listen(tcp->get(), 1), 0);
    const SocketAddress address = bound_to(tcp->get());
    const auto taken_too = probe_address(address);
    ASSERT_FALSE(taken_too);
    EXPECT_TRUE(taken_too.error().address_in_use());
    EXPECT_NE(taken_too.error().message.find("(TCP)"), std::string::npos);
  }
}

// An address without ports of clients: the kernel may use such a port in between.
constexpr const char* kOwnHost = "127.53.0.7";

TEST(ProbeAddress, ReleasesTheAddress) {
  auto holder = open_udp(local(kOwnHost), 0);
  ASSERT_TRUE(holder);
  const SocketAddress address = bound_to(holder->get());
  holder->reset();
  EXPECT_TRUE(probe_address(address));
  EXPECT_TRUE(probe_address(address));
}

// A server that closes first leaves its connection in TIME_WAIT; a restart must work.
TEST(ProbeAddress, IgnoresConnectionsInTimeWait) {
  auto server = open_tcp(local(kOwnHost));
  ASSERT_TRUE(server);
  ASSERT_EQ(listen(server->get(), 1), 0);
  const SocketAddress address = bound_to(server->get());
  auto client = connected(SOCK_STREAM, address);
  Descriptor accepted(accept(server->get(), nullptr, nullptr));
  ASSERT_TRUE(accepted.valid());
  accepted.reset();
  EXPECT_EQ(receive_text(client), "");
  client.reset();
  server->reset();
  const auto probed = probe_address(address);
  EXPECT_TRUE(probed) << probed.error().message;
}

// From one port, in order: the first 16 bits of each message select the socket.
TEST(Socket, SpreadsByQueryId) {
  std::vector<Descriptor> sockets;
  SocketAddress address = local("127.0.0.1");
  for (int i = 0; i < 3; ++i) {
    auto socket = open_udp(address, 0);
    ASSERT_TRUE(socket) << socket.error().message;
    address = bound_to(socket->get());
    sockets.push_back(std::move(*socket));
  }
  ASSERT_TRUE(spread_by_query_id(sockets.back().get(), 3));
  const Descriptor client = connected(SOCK_DGRAM, address);
  for (const unsigned id : {0U, 1U, 2U, 3U, 7U, 256U, 257U, 40000U, 65535U}) {
    const char message[] = {static_cast<char>(id >> 8), static_cast<char>(id), 'x'};
    send_text(client, {message, sizeof message});
    const Descriptor& chosen = sockets[id % 3];
    ASSERT_TRUE(can_read(chosen)) << id;
    EXPECT_EQ(receive_text(chosen), std::string(message, sizeof message));
  }
  send_text(client, "x");  // no ID
  EXPECT_TRUE(can_read(sockets[0]));
}

}  // namespace
}  // namespace inlet53::net
