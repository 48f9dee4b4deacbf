// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/socket_owner.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace inlet53::net {
namespace {

using Source = SocketOwners::Source;

// Both ends of a TCP connection on loopback.
struct Connection {
  explicit Connection(const char* server_address = "127.0.0.1", bool for_both_families = false) {
    auto opened = open_tcp({*IpAddress::parse(server_address), 0});
    EXPECT_TRUE(opened);
    listener = std::move(*opened);
    EXPECT_EQ(listen(listener.get(), 1), 0);
    server = local_address(listener.get());
    sockaddr_storage storage;
    socklen_t length = server.to_sockaddr(storage);
    if (for_both_families) {
      sockaddr_in6 mapped{};
      mapped.sin6_family = AF_INET6;
      mapped.sin6_port = htons(server.port);
      mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xFF;
      std::copy(server.address.bytes().begin(), server.address.bytes().end(),
                mapped.sin6_addr.s6_addr + 12);
      std::memcpy(&storage, &mapped, sizeof mapped);
      length = sizeof mapped;
    }
    client_end = Descriptor(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(client_end.get(), reinterpret_cast<sockaddr*>(&storage), length), 0);
    sockaddr_storage from{};
    socklen_t from_length = sizeof from;
    server_end =
        Descriptor(accept(listener.get(), reinterpret_cast<sockaddr*>(&from), &from_length));
    client = SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&from));
  }

  Descriptor listener;
  Descriptor client_end;
  Descriptor server_end;
  SocketAddress server;
  SocketAddress client;
};

uint32_t inode_of(const Descriptor& descriptor) {
  struct stat status {};
  EXPECT_EQ(fstat(descriptor.get(), &status), 0);
  return static_cast<uint32_t>(status.st_ino);
}

class SocketOwnersTest : public testing::TestWithParam<Source> {};

TEST_P(SocketOwnersTest, FindsTheClientOfAConnection) {
  const SocketOwners owners = SocketOwners::with(GetParam());
  for (const Connection& connection :
       {Connection("127.0.0.1"), Connection("::1"), Connection("127.0.0.1", true)}) {
    const auto found = owners.find(connection.client, connection.server);
    ASSERT_TRUE(found) << connection.client.to_text();
    EXPECT_EQ(found->inode, inode_of(connection.client_end));
    EXPECT_EQ(found->user, geteuid());
  }
}

TEST_P(SocketOwnersTest, TellsTheTwoEndsApart) {
  const SocketOwners owners = SocketOwners::with(GetParam());
  const Connection connection;
  const auto found = owners.find(connection.server, connection.client);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->inode, inode_of(connection.server_end));
}

TEST_P(SocketOwnersTest, FindsNoSocketThatIsClosedOrOnlyListens) {
  const SocketOwners owners = SocketOwners::with(GetParam());
  Connection connection;
  connection.client_end.reset();
  EXPECT_FALSE(owners.find(connection.client, connection.server));
  // A socket that listens at the client's address is not the client.
  const Connection other;
  EXPECT_FALSE(owners.find(other.server, {other.client.address, 1}));
}

INSTANTIATE_TEST_SUITE_P(Sources, SocketOwnersTest,
                         testing::Values(Source::SockDiag, Source::ProcFile), [](const auto& test) {
                           return test.param == Source::SockDiag ? "SockDiag" : "ProcFile";
                         });

TEST(SocketOwners, ChooseASourceThatWorks) {
  const SocketOwners owners = SocketOwners::open();
  EXPECT_EQ(owners.source(), Source::SockDiag);
  const Connection connection;
  EXPECT_TRUE(owners.find(connection.client, connection.server));
}

TEST(SocketOwners, WithoutASourceFindNothing) {
  const Connection connection;
  EXPECT_FALSE(SocketOwners::with(Source::None).find(connection.client, connection.server));
}

}  // namespace
}  // namespace inlet53::net
