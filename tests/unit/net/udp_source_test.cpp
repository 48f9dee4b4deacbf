// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/udp_source.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include "net_support.h"
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "inlet53/net/datagram_listener.h"

namespace inlet53::net {
namespace {

// Returns each datagram with its letters in upper case; drops those that begin with '-'.
struct Echo {
  uint64_t seen = 0;
  uint64_t empty = 0;
  size_t largest_batch = 0;
  uint32_t response_size = 0;  // 0: as long as the query

  static void answer(void* context, std::span<Datagram> batch) noexcept {
    Echo& echo = *static_cast<Echo*>(context);
    echo.seen += batch.size();
    echo.largest_batch = std::max(echo.largest_batch, batch.size());
    for (Datagram& datagram : batch) echo.answer_one(datagram);
  }

  void answer_one(Datagram& datagram) noexcept {
    if (datagram.received == 0) {
      ++empty;
      return;
    }
    if (datagram.data[0] == '-') return;
    std::transform(datagram.data, datagram.data + datagram.received, datagram.data, [](uint8_t c) {
      return static_cast<uint8_t>(c >= 'a' && c <= 'z' ? c - 32 : c);
    });
    datagram.response = response_size == 0 ? datagram.received : response_size;
  }
};

struct Server {
  explicit Server(const char* host, bool group_responses = true, uint32_t buffer = 4U << 20)
      : batch(group_responses) {
    auto socket = open_udp(local(host), buffer);
    EXPECT_TRUE(socket) << socket.error().message;
    address = bound_to(socket->get());
    listener.emplace(loop, std::make_unique<UdpSource>(loop, std::move(*socket), batch),
                     &Echo::answer, &echo, [this] { ++behind; });
  }
  [[nodiscard]] bool serve(uint64_t datagrams) {
    return run_until(loop, [&] { return echo.seen >= datagrams; });
  }

  Loop loop;
  UdpBatch batch;
  Echo echo;
  SocketAddress address;
  uint64_t behind = 0;  // number of calls
  std::optional<DatagramListener> listener;
};

TEST(UdpSource, AnswersManyBatchesInPlace) {
  Server server("127.0.0.1");
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  std::set<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    send_text(client, "query " + std::to_string(i));
    expected.insert("QUERY " + std::to_string(i));
  }
  ASSERT_TRUE(server.serve(200));
  EXPECT_EQ(server.echo.largest_batch, UdpBatch::kSlots);
  std::set<std::string> answered;
  while (can_read(client)) answered.insert(receive_text(client));
  EXPECT_EQ(answered, expected);
  EXPECT_EQ(server.listener->source().counts().received, 200U);
  EXPECT_EQ(server.listener->source().counts().send_failed, 0U);
}

TEST(UdpSource, AnswersEachPeerAndLeavesOutTheDropped) {
  Server server("127.0.0.1");
  std::vector<Descriptor> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connected(SOCK_DGRAM, server.address));
    send_text(clients.back(), (i % 3 == 0 ? "-silence " : "a") + std::to_string(i));
  }
  ASSERT_TRUE(server.serve(100));
  for (size_t i = 0; i < clients.size(); ++i) {
    ASSERT_EQ(can_read(clients[i]), i % 3 != 0) << i;
    if (i % 3 != 0) {
      EXPECT_EQ(receive_text(clients[i]), "A" + std::to_string(i));
    }
  }
}

TEST(UdpSource, FullBatchesOfManyTurnsAreNoBacklog) {
  Server server("127.0.0.1");
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  for (uint64_t turn = 1; turn <= 40; ++turn) {
    for (size_t i = 0; i < UdpBatch::kSlots; ++i) send_text(client, "-no answer");
    ASSERT_TRUE(server.serve(turn * UdpBatch::kSlots));
  }
  EXPECT_EQ(server.behind, 0U);
}

TEST(UdpSource, ReportsEachHalfFullBuffer) {
  constexpr uint64_t kWaiting = 130;  // of a buffer for about 250
  Server server("127.0.0.1", true, 100'000);
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  for (uint64_t time = 1; time <= 2; ++time) {
    for (uint64_t i = 0; i < kWaiting; ++i) send_text(client, "-no answer");
    ASSERT_TRUE(server.serve(time * kWaiting));
    EXPECT_EQ(server.behind, time);
  }
}

TEST(UdpSource, DropsDatagramsLongerThanASlot) {
  Server server("127.0.0.1");
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  send_text(client, std::string(UdpBatch::kSlotSize, 'x'));
  send_text(client, std::string(UdpBatch::kSlotSize + 1, 'y'));
  send_text(client, "");
  send_text(client, "after");
  ASSERT_TRUE(server.serve(4));
  EXPECT_EQ(receive_text(client), std::string(UdpBatch::kSlotSize, 'X'));
  EXPECT_EQ(receive_text(client), "AFTER");
  EXPECT_FALSE(can_read(client));
  EXPECT_EQ(server.listener->source().counts().oversized, 1U);
  EXPECT_EQ(server.echo.empty, 2U);
}

TEST(UdpSource, GrowsAResponseUpToTheWholeSlot) {
  Server server("127.0.0.1");
  server.echo.response_size = UdpBatch::kSlotSize;
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  for (int i = 0; i < 10; ++i) send_text(client, "grow" + std::to_string(i));
  ASSERT_TRUE(server.serve(10));
  for (int i = 0; i < 10; ++i) {
    const std::string response = receive_text(client);
    EXPECT_EQ(response.size(), UdpBatch::kSlotSize);
    EXPECT_EQ(response.substr(0, 5), "GROW" + std::to_string(i));
  }
}

TEST(UdpSource, SharesABatchBetweenFamilies) {
  Server server("127.0.0.1");
  auto socket = open_udp(local("::1"), 0);
  ASSERT_TRUE(socket) << socket.error().message;
  const SocketAddress v6_address = bound_to(socket->get());
  DatagramListener v6(server.loop,
                      std::make_unique<UdpSource>(server.loop, std::move(*socket), server.batch),
                      &Echo::answer, &server.echo);
  const Descriptor v4_client = connected(SOCK_DGRAM, server.address);
  const Descriptor v6_client = connected(SOCK_DGRAM, v6_address);
  for (uint64_t round = 1; round <= 3; ++round) {
    send_text(v4_client, "four");
    send_text(v6_client, "six");
    ASSERT_TRUE(server.serve(2 * round));
    EXPECT_EQ(receive_text(v4_client), "FOUR");
    EXPECT_EQ(receive_text(v6_client), "SIX");
  }
}

// Sends one datagram with source port 0, to which no response can be sent.
void send_from_port_0(const SocketAddress& server, std::string_view text) {
  const Descriptor raw(socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
  if (!raw.valid()) GTEST_SKIP() << "raw sockets need CAP_NET_RAW";
  std::string datagram(8, '\0');
  auto* header = reinterpret_cast<uint8_t*>(datagram.data());
  store_be16(header + 2, server.port);
  store_be16(header + 4, static_cast<uint16_t>(8 + text.size()));
  datagram += text;
  sockaddr_storage to;
  const socklen_t length = SocketAddress{server.address, 0}.to_sockaddr(to);
  ASSERT_EQ(sendto(raw.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&to),
                   length),
            static_cast<ssize_t>(datagram.size()));
}

TEST(UdpSource, OneRefusedResponseDoesNotStopTheOthers) {
  Server server("127.0.0.1");
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  send_text(client, "before");
  send_from_port_0(server.address, "unanswerable");
  if (IsSkipped() || HasFatalFailure()) return;
  send_text(client, "behind");
  ASSERT_TRUE(server.serve(3));
  EXPECT_EQ(receive_text(client), "BEFORE");
  EXPECT_EQ(receive_text(client), "BEHIND");
  EXPECT_EQ(server.listener->source().counts().send_failed, 1U);
}

// With IP_RECVERR the kernel reports ICMP errors on an unconnected socket: the worst case.
TEST(UdpSource, ReceivesAfterErrorsThatIcmpQueued) {
  Server server("127.0.0.1");
  const int on = 1;
  ASSERT_EQ(
      setsockopt(server.listener->source().descriptor(), IPPROTO_IP, IP_RECVERR, &on, sizeof on),
      0);
  for (uint64_t i = 1; i <= 5; ++i) {
    Descriptor gone = connected(SOCK_DGRAM, server.address);
    send_text(gone, "I do not wait for it");
    gone.reset();
    ASSERT_TRUE(server.serve(i));
  }
  // The error queue stays readable for epoll; datagrams must still be answered.
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  send_text(client, "still there?");
  ASSERT_TRUE(server.serve(6));
  EXPECT_EQ(receive_text(client), "STILL THERE?");
}

// More responses than one send call holds, of several sizes, to several clients.
TEST(UdpSource, SendsLateResponsesTogether) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    Server server(host);
    std::vector<Descriptor> clients;
    std::vector<SocketAddress> addresses;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(connected(SOCK_DGRAM, server.address));
      addresses.push_back(bound_to(clients.back().get()));
    }
    std::vector<std::multiset<std::string>> expected(clients.size());
    Timer answerer(server.loop, [&] {
      for (size_t i = 0; i < 200; ++i) {
        const std::string text(i % 50 == 0 ? 4000 : i, static_cast<char>('a' + i % 26));
        server.listener->source().send_late(addresses[i % 3], as_bytes(text));
        expected[i % 3].insert(text);
      }
    });
    answerer.start(0);
    std::vector<std::multiset<std::string>> arrived(clients.size());
    ASSERT_TRUE(run_until(server.loop, [&] {
      for (size_t i = 0; i < clients.size(); ++i) {
        while (can_read(clients[i])) arrived[i].insert(receive_text(clients[i]));
      }
      return arrived[0].size() + arrived[1].size() + arrived[2].size() >= 200;
    }));
    EXPECT_EQ(arrived, expected);
    EXPECT_EQ(server.listener->source().counts().send_failed, 0U);
  }
}

TEST(UdpSource, SendsLateResponsesAtItsEnd) {
  Server server("127.0.0.1");
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  server.listener->source().send_late(bound_to(client.get()), as_bytes("just in time"));
  EXPECT_FALSE(can_read(client));
  server.listener.reset();
  EXPECT_EQ(receive_text(client), "just in time");
}

TEST(UdpSource, IsSilentAfterItsEnd) {
  Server server("127.0.0.1");
  const Descriptor client = connected(SOCK_DGRAM, server.address);
  send_text(client, "too late");
  server.listener.reset();
  bool later = false;
  Timer timer(server.loop, [&] { later = true; });
  timer.start(2);
  EXPECT_TRUE(run_until(server.loop, [&] { return later; }));
  EXPECT_EQ(server.echo.seen, 0U);
}

// Responses of each of `clients` to `queries`, which are sent to all of them in turn.
using Texts = std::vector<std::multiset<std::string>>;
Texts exchange(Server& server, const std::vector<Descriptor>& clients,
               const std::vector<std::string>& queries) {
  for (const std::string& query : queries) {
    for (const Descriptor& client : clients) send_text(client, query);
  }
  EXPECT_TRUE(server.serve(server.echo.seen + queries.size() * clients.size()));
  Texts answered;
  for (const Descriptor& client : clients) {
    auto& texts = answered.emplace_back();
    while (can_read(client)) texts.insert(receive_text(client));
  }
  return answered;
}

class GroupTest : public ::testing::TestWithParam<const char*> {};

// The same datagrams for any sizes and any order of clients, with groups or without.
TEST_P(GroupTest, EachClientReceivesItsDatagrams) {
  Server grouping(GetParam());
  Server single(GetParam(), false);
  for (const size_t count : {1U, 2U, 3U, 7U, 80U}) {
    std::vector<std::string> queries;
    for (size_t i = 0; i < 130 / count + 1; ++i) {
      // Runs of one size, longer ones, shorter ones, and some without a response.
      const size_t size = i % 10 < 6 ? 50 : 1 + i * 37 % 1200;
      queries.push_back(i % 13 == 12 ? "-silence"
                                     : std::string(size, static_cast<char>('a' + i % 26)));
    }
    for (Server* server : {&grouping, &single}) {
      std::vector<Descriptor> clients;
      for (size_t i = 0; i < count; ++i) clients.push_back(connected(SOCK_DGRAM, server->address));
      std::multiset<std::string> expected;
      for (std::string query : queries) {
        std::ranges::transform(query, query.begin(),
                               [](char c) { return static_cast<char>(c - 32); });
        if (query[0] >= 'A') expected.insert(query);
      }
      for (const auto& texts : exchange(*server, clients, queries)) EXPECT_EQ(texts, expected);
      EXPECT_EQ(server->listener->source().counts().send_failed, 0U);
    }
  }
  EXPECT_GT(grouping.listener->source().counts().sent_groups, 0U);
  EXPECT_EQ(single.listener->source().counts().sent_groups, 0U);
}

INSTANTIATE_TEST_SUITE_P(Families, GroupTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& test) {
                           return std::string_view(test.param) == "::1" ? "IPv6" : "IPv4";
                         });

// 64 responses of 1232 bytes are more than one message holds.
TEST(UdpSource, GroupsNoMoreThanOneMessageHolds) {
  Server server("127.0.0.1");
  server.echo.response_size = 1232;
  const std::vector<Descriptor> clients = [&] {
    std::vector<Descriptor> one;
    one.push_back(connected(SOCK_DGRAM, server.address));
    return one;
  }();
  const auto answered = exchange(server, clients, std::vector<std::string>(64, "query"));
  EXPECT_EQ(answered[0].size(), 64U);
  EXPECT_EQ(server.listener->source().counts().sent_groups, 2U);
  EXPECT_EQ(server.listener->source().counts().send_failed, 0U);
}

// Enters a private network of this process: loopback with an MTU of 1000.
void enter_narrow_network() {
  // Root can do this directly (and may have no user namespaces, in a chroot); other users need one.
  if (unshare(CLONE_NEWNET) != 0) {
    ASSERT_EQ(unshare(CLONE_NEWUSER | CLONE_NEWNET), 0) << std::strerror(errno);
  }
  const Descriptor any(socket(AF_INET, SOCK_DGRAM, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_mtu = 1000;
  ASSERT_EQ(ioctl(any.get(), SIOCSIFMTU, &loopback), 0) << std::strerror(errno);
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  ASSERT_EQ(ioctl(any.get(), SIOCSIFFLAGS, &loopback), 0) << std::strerror(errno);
}

// The kernel refuses segments that are longer than the MTU; it fragments single responses.
TEST(UdpSource, SendsResponsesOfARefusedGroupOneByOne) {
  const auto scenario = [] {
    enter_narrow_network();
    Server server("127.0.0.1");
    std::vector<Descriptor> clients;
    clients.push_back(connected(SOCK_DGRAM, server.address));
    server.echo.response_size = 1200;
    EXPECT_EQ(exchange(server, clients, std::vector<std::string>(5, "long"))[0].size(), 5U);
    EXPECT_EQ(server.listener->source().counts().sent_groups, 0U);
    server.echo.response_size = 100;
    EXPECT_EQ(exchange(server, clients, std::vector<std::string>(5, "short"))[0].size(), 5U);
    EXPECT_EQ(server.listener->source().counts().sent_groups, 1U);
    EXPECT_EQ(server.listener->source().counts().send_failed, 0U);
    std::exit(::testing::Test::HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(scenario(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace inlet53::net
