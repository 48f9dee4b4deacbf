// SPDX-License-Identifier: Apache-2.0
#include "udp_ports.h"

#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <utility>
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

TEST(PortPool, ClosesOldUnusedPorts) {
  Scene scene(16);
  scene.release(scene.acquire(0, kSends + 1, 0));
  ASSERT_EQ(scene.pool.open_sockets(), 2U);
  scene.pool.close_old(UdpExchange::kSocketAgeMs);
  EXPECT_EQ(scene.pool.open_sockets(), 2U);
  scene.pool.close_old(UdpExchange::kSocketAgeMs + 1);
  EXPECT_EQ(scene.pool.open_sockets(), 0U);
  EXPECT_EQ(scene.acquire(0, 1).size(), 1U);
}

TEST(PortPool, ClosesTheSocketsOfARemovedRoute) {
  Scene scene(16);
  const auto resting = scene.acquire(0, kSends + 1);
  scene.pool.release(resting[0], kSends);
  static_cast<void>(scene.acquire(1, 1));
  scene.pool.remove_route(scene.routes[0]);
  EXPECT_EQ(scene.pool.open_sockets(), 1U);
  EXPECT_EQ(scene.pool.add_route({local("127.0.0.1", 1), {}}), scene.routes[0]);
}

TEST(PortPool, ReportsThatNoDescriptorIsFree) {
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

TEST(PortPool, ReportsThatThereIsNoRoute) {
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

std::vector<uint8_t> message(size_t size, uint8_t fill) { return std::vector<uint8_t>(size, fill); }

// Returns a pair of connected sockets that keep message boundaries.
std::pair<Descriptor, Descriptor> socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

size_t receive_all(const Descriptor& from) {
  size_t count = 0;
  std::array<uint8_t, 600> buffer;
  while (recv(from.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0) ++count;
  return count;
}

TEST(Outbox, SendsMessagesOfOnePortTogether) {
  const auto [a, to_a] = socket_pair();
  const auto [b, to_b] = socket_pair();
  Outbox outbox;
  EXPECT_TRUE(outbox.empty());
  for (uint64_t i = 0; i < 6; ++i) {
    const bool first = i % 2 == 0;
    uint8_t* const copy = outbox.add(first ? 1 : 2, first ? a.get() : b.get(), i,
                                     message(20, static_cast<uint8_t>(i)));
    copy[0] = 'Q';
  }
  EXPECT_EQ(outbox.round(), 0U);
  const Outbox::Report& report = outbox.send();
  EXPECT_EQ(report.sent, 6U);
  EXPECT_EQ(report.calls, 2U);
  EXPECT_TRUE(report.unsent.empty());
  EXPECT_TRUE(report.unreachable.empty());
  EXPECT_EQ(outbox.round(), 1U);
  EXPECT_TRUE(outbox.empty());
  for (const char i : {'\0', '\2', '\4'}) {
    EXPECT_EQ(receive_text(to_a), "Q" + std::string(19, i));
  }
  EXPECT_EQ(receive_all(to_b), 3U);
  EXPECT_EQ(receive_all(to_a), 0U);
}

TEST(Outbox, TakesSixtyFour) {
  const auto [from, to] = socket_pair();
  Outbox outbox;
  for (size_t i = 0; i < Outbox::kMaxMessages; ++i) {
    ASSERT_FALSE(outbox.full());
    outbox.add(1, from.get(), i, message(UdpExchange::kMaxQuery, 1));
  }
  EXPECT_TRUE(outbox.full());
}

TEST(Outbox, NamesEachMessageThatAFullBufferKeepsBack) {
  const auto [from, to] = socket_pair();
  const int least = 1;  // the kernel reserves space for a few messages
  ASSERT_EQ(setsockopt(from.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
  Outbox outbox;
  for (uint64_t i = 0; i < Outbox::kMaxMessages; ++i) outbox.add(7, from.get(), i, message(500, 1));
  const Outbox::Report& report = outbox.send();
  ASSERT_FALSE(report.unsent.empty());
  EXPECT_EQ(report.sent + report.unsent.size(), Outbox::kMaxMessages);
  EXPECT_TRUE(report.unreachable.empty());
  EXPECT_EQ(report.unsent.front().token, report.sent);
  for (const Outbox::Unsent& each : report.unsent) {
    EXPECT_EQ(each.port, 7U);
    EXPECT_EQ(each.error, (SendError{SendFailure::Busy, EAGAIN}));
  }
  EXPECT_EQ(receive_all(to), report.sent);
}

TEST(Outbox, GivesUpAPortThatIcmpReports) {
  SocketAddress closed;
  {
    const auto gone = open_udp(local("127.0.0.1"), 0);
    closed = bound_to(gone->get());
  }
  const Descriptor refused = connected(SOCK_DGRAM, closed);
  const auto [from, to] = socket_pair();
  Outbox outbox;
  outbox.add(1, refused.get(), 1, message(20, 1));
  EXPECT_EQ(outbox.send().sent, 1U);
  // On this host the ICMP error arrives at once.
  outbox.add(1, refused.get(), 2, message(20, 1));
  outbox.add(1, refused.get(), 3, message(20, 1));
  outbox.add(2, from.get(), 4, message(20, 1));
  const Outbox::Report& report = outbox.send();
  ASSERT_EQ(report.unreachable.size(), 1U);
  EXPECT_EQ(report.unreachable[0].port, 1U);
  EXPECT_EQ(report.unreachable[0].error, (SendError{SendFailure::Unreachable, ECONNREFUSED}));
  EXPECT_TRUE(report.unsent.empty());
  EXPECT_EQ(report.sent, 1U);
}

// Results of sendmmsg, call by call: the number of sent messages, or a negative errno.
std::vector<int> script;

int scripted(int, mmsghdr*, unsigned count, int) {
  const int result = script.empty() ? static_cast<int>(count) : script.front();
  if (!script.empty()) script.erase(script.begin());
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

struct Scripted {
  explicit Scripted(std::vector<int> results) : outbox(&scripted) {
    script = std::move(results);
    for (uint64_t token = 0; token < 3; ++token) outbox.add(1, 100, token, message(20, 1));
  }
  Outbox outbox;
};

TEST(Outbox, SendsTheOthersAfterOneThatThisHostRefuses) {
  for (const int error : {EPERM, EMSGSIZE, ENOBUFS, EADDRNOTAVAIL}) {
    Scripted with({1, -error, 1});
    const Outbox::Report& report = with.outbox.send();
    EXPECT_EQ(report.sent, 2U);
    EXPECT_EQ(report.calls, 3U);
    EXPECT_TRUE(report.unreachable.empty());
    ASSERT_EQ(report.unsent.size(), 1U);
    EXPECT_EQ(report.unsent[0].token, 1U);
    EXPECT_EQ(report.unsent[0].error, send_error(error));
  }
}

// An error with two possible causes comes from ICMP if it occurs once, and from this host if it
// repeats.
TEST(Outbox, DistinguishesFailuresOfThisHostFromIcmp) {
  for (const int error : {EACCES, ENETUNREACH, EHOSTUNREACH}) {
    Scripted host({-error, -error, -error, -error, -error, -error});
    const Outbox::Report& local = host.outbox.send();
    EXPECT_TRUE(local.unreachable.empty());
    ASSERT_EQ(local.unsent.size(), 3U);
    for (const Outbox::Unsent& each : local.unsent) EXPECT_EQ(each.error, send_error(error));

    Scripted network({-error, 3});
    const Outbox::Report& icmp = network.outbox.send();
    EXPECT_TRUE(icmp.unsent.empty());
    ASSERT_EQ(icmp.unreachable.size(), 1U);
    EXPECT_EQ(icmp.unreachable[0].error, (SendError{SendFailure::Unreachable, error}));

    Scripted then_full({-error, -EAGAIN});
    EXPECT_EQ(then_full.outbox.send().unreachable.size(), 1U);
  }
}

TEST(SendError, SortsErrors) {
  for (const int error : {EAGAIN, ENOBUFS, ENOMEM}) {
    EXPECT_EQ(send_error(error), (SendError{SendFailure::Busy, error}));
  }
  EXPECT_EQ(send_error(EPERM).failure, SendFailure::Denied);
  EXPECT_EQ(send_error(ENETUNREACH).failure, SendFailure::NoRoute);
  EXPECT_EQ(send_error(EMSGSIZE).failure, SendFailure::TooLarge);
  EXPECT_EQ(send_error(EIO).failure, SendFailure::Other);
  for (const int error : {EMFILE, ENFILE, EAGAIN, EADDRINUSE}) {
    EXPECT_EQ(open_error(error), (SendError{SendFailure::NoSocket, error}));
  }
  EXPECT_EQ(open_error(EADDRNOTAVAIL).failure, SendFailure::NoRoute);
  EXPECT_FALSE(is_local(SendFailure::Unreachable));
  EXPECT_TRUE(is_local(SendFailure::Busy));
}

}  // namespace

}  // namespace inlet53::net
