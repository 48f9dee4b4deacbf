// SPDX-License-Identifier: Apache-2.0
#include "port_pool.h"

#include <array>
#include <cerrno>
#include <set>
#include <vector>

#include "net_support.h"
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace inlet53::net {
namespace {

constexpr uint32_t kSends = UdpExchange::kSendsPerSocket;

struct Scene {
  explicit Scene(uint32_t max_sockets) : pool(max_sockets) {
    for (Descriptor& target : targets) {
      target = std::move(*open_udp(local("127.0.0.1"), 0));
      routes.push_back(pool.add_route({bound_to(target.get()), {}}));
    }
  }
  /// Returns the ports of the next `count` queries of a route.
  std::vector<uint32_t> acquire(size_t route, size_t count, uint64_t now_ms = 0) {
    std::vector<uint32_t> ports;
    for (size_t i = 0; i < count; ++i) {
      const auto port = pool.acquire(routes[route], now_ms);
      if (!port) break;
      ports.push_back(*port);
    }
    return ports;
  }
  void release(const std::vector<uint32_t>& ports) {
    for (const uint32_t port : ports) pool.release(port);
  }

  std::array<Descriptor, 3> targets;
  PortPool pool;
  std::vector<PortPool::RouteId> routes;
};

TEST(PortPool, GivesAPortToAFewQueries) {
  Scene scene(16);
  const auto ports = scene.acquire(0, 3 * kSends);
  ASSERT_EQ(ports.size(), 3 * kSends);
  std::set<uint16_t> numbers;
  for (size_t i = 0; i < ports.size(); ++i) {
    EXPECT_EQ(ports[i], ports[i - i % kSends]);
    numbers.insert(scene.pool[ports[i]].local.port);
  }
  EXPECT_EQ(numbers.size(), 3U);
  EXPECT_EQ(scene.pool.counts().ports, 3U);
  EXPECT_EQ(scene.pool.counts().shared, 0U);
}

TEST(PortPool, GivesAnAgedPortToNoMoreQueries) {
  Scene scene(16);
  const auto first = scene.acquire(0, 1, 0);
  EXPECT_EQ(scene.acquire(0, 1, UdpExchange::kSocketAgeMs - 1), first);
  EXPECT_NE(scene.acquire(0, 1, UdpExchange::kSocketAgeMs), first);
}

TEST(PortPool, ReusesASocketWithAnotherPort) {
  Scene scene(16);
  const auto first = scene.acquire(0, kSends);
  const uint16_t port = scene.pool[first[0]].local.port;
  const uint32_t generation = scene.pool[first[0]].generation;
  const auto second = scene.acquire(0, 1);
  scene.release(first);
  EXPECT_EQ(scene.pool[first[0]].state, Port::State::Resting);
  EXPECT_NE(scene.pool[first[0]].generation, generation);
  static_cast<void>(scene.acquire(0, kSends - 1));
  const auto again = scene.acquire(0, 1);
  EXPECT_EQ(again[0], first[0]);
  EXPECT_NE(scene.pool[again[0]].local.port, port);
  EXPECT_EQ(scene.pool.counts().sockets_opened, 2U);
  EXPECT_EQ(scene.pool.counts().ports, 3U);
}

TEST(PortPool, KeepsAPortWhileAQueryUsesIt) {
  Scene scene(16);
  const auto ports = scene.acquire(0, kSends + 1);
  scene.pool.release(ports[0], kSends - 1);
  EXPECT_EQ(scene.pool[ports[0]].state, Port::State::Retired);
  scene.pool.close_old(1'000'000);
  EXPECT_EQ(scene.pool[ports[0]].state, Port::State::Retired);
  scene.pool.release(ports[0]);
  EXPECT_EQ(scene.pool[ports[0]].state, Port::State::Resting);
}

TEST(PortPool, SharesPortsEvenlyWhenSocketsRunOut) {
  Scene scene(9);
  const auto ports = scene.acquire(0, 10'000);
  EXPECT_EQ(ports.size(), 6 * UdpExchange::kMaxShared);
  EXPECT_EQ(scene.pool.open_sockets(), 6U);
  EXPECT_EQ(scene.pool.acquire(scene.routes[0], 0).error(), (SendError{SendFailure::NoSocket, 0}));
  scene.pool.release(ports[0]);
  EXPECT_EQ(scene.acquire(0, 2).size(), 1U);

  Scene half(9);
  std::array<uint32_t, 6> users{};
  for (const uint32_t port : half.acquire(0, 3 * UdpExchange::kMaxShared)) ++users[port];
  // The port with the fewest users of four random ones: near the mean of 32.
  for (const uint32_t each : users) EXPECT_NEAR(each, 32, 12);
}

TEST(PortPool, LeavesSocketsForEachRoute) {
  Scene scene(30);
  static_cast<void>(scene.acquire(0, 10'000));
  EXPECT_EQ(scene.pool.open_sockets(), 20U);
  static_cast<void>(scene.acquire(1, 10'000));
  const size_t both = scene.pool.open_sockets();
  EXPECT_GT(both, 22U);
  EXPECT_LT(both, 30U);
  EXPECT_FALSE(scene.acquire(2, 1).empty());
  EXPECT_GT(scene.pool.open_sockets(), both);
}

TEST(PortPool, ClosesARestingSocketForAnotherRoute) {
  Scene scene(2);
  const auto first = scene.acquire(0, kSends + 1);
  scene.release(first);
  ASSERT_EQ(scene.pool.open_sockets(), 2U);
  EXPECT_EQ(scene.acquire(1, 1).size(), 1U);
  EXPECT_EQ(scene.pool.open_sockets(), 2U);
}

TEST(PortPool, ClosesWhatIsOldAndUnused) {
  Scene scene(16);
  scene.release(scene.acquire(0, kSends + 1, 0));
  ASSERT_EQ(scene.pool.open_sockets(), 2U);
  scene.pool.close_old(UdpExchange::kSocketAgeMs);
  EXPECT_EQ(scene.pool.open_sockets(), 2U);
  scene.pool.close_old(UdpExchange::kSocketAgeMs + 1);
  EXPECT_EQ(scene.pool.open_sockets(), 0U);
  EXPECT_EQ(scene.acquire(0, 1).size(), 1U);
}

TEST(PortPool, ClosesTheSocketsOfARouteThatGoes) {
  Scene scene(16);
  const auto resting = scene.acquire(0, kSends + 1);
  scene.pool.release(resting[0], kSends);
  static_cast<void>(scene.acquire(1, 1));
  scene.pool.remove_route(scene.routes[0]);
  EXPECT_EQ(scene.pool.open_sockets(), 1U);
  EXPECT_EQ(scene.pool.add_route({local("127.0.0.1", 1), {}}), scene.routes[0]);
}

TEST(PortPool, SaysThatDescriptorsHaveRunOut) {
  Scene scene(64);
  ASSERT_EQ(scene.acquire(0, 1).size(), 1U);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto shared = scene.acquire(0, 1'000);
  const auto other = scene.pool.acquire(scene.routes[1], 0);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(shared.size(), UdpExchange::kMaxShared - 1);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error(), (SendError{SendFailure::NoSocket, EMFILE}));
}

TEST(PortPool, SaysThatThereIsNoRoute) {
  PortPool pool(4);
  // The kernel sends no packet from a loopback address to another network.
  const auto route = pool.add_route({local("192.0.2.1", 53), {local("127.0.0.1").address}});
  const auto port = pool.acquire(route, 0);
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().failure, SendFailure::NoRoute);
}

TEST(PortPool, ListsThePortsThatCanBeRead) {
  Scene scene(16);
  const auto ports = scene.acquire(0, 3 * kSends);
  std::array<uint32_t, 8> readable{};
  EXPECT_EQ(scene.pool.readable(readable), 0U);
  sockaddr_storage storage;
  const socklen_t length = scene.pool[ports[kSends]].local.to_sockaddr(storage);
  ASSERT_EQ(
      sendto(scene.targets[0].get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&storage), length), 1);
  ASSERT_EQ(scene.pool.readable(readable), 1U);
  EXPECT_EQ(readable[0], ports[kSends]);
}

}  // namespace
}  // namespace inlet53::net
