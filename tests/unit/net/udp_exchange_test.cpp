// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/udp_exchange.h"

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net_support.h"
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace inlet53::net {
namespace {

// Returns twelve bytes in place of a header, followed by a word.
std::vector<uint8_t> query(std::string_view word) {
  const std::string bytes = std::string(12, '\0') + std::string(word);
  return {bytes.begin(), bytes.end()};
}

struct Owner final : UdpExchangeOwner {
  bool received(uint64_t token, std::span<uint8_t> message) override {
    const std::string word(as_text(message.subspan(12)));
    if (word == "unwanted") return false;
    responses[token] = word;
    if (on_received) on_received(token);
    return true;
  }
  void undeliverable(uint64_t token, const SendError& error) override { errors[token] = error; }

  std::map<uint64_t, std::string> responses;
  std::map<uint64_t, SendError> errors;
  std::function<void(uint64_t)> on_received;
};

// Target that keeps received messages until the test makes it respond.
struct Target {
  explicit Target(Loop& loop, const char* host = "127.0.0.1") {
    auto opened = open_udp(local(host), 4U << 20);
    EXPECT_TRUE(opened);
    socket = std::move(*opened);
    address = bound_to(socket.get());
    watcher.emplace(loop, socket.get(), [this] { receive(); });
  }

  struct Arrived {
    SocketAddress from;
    std::vector<uint8_t> message;
  };

  void receive() {
    std::array<uint8_t, 600> buffer;
    sockaddr_storage from{};
    while (true) {
      socklen_t length = sizeof from;
      const ssize_t count = recvfrom(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &length);
      if (count < 0) return;
      arrived.push_back({SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&from)),
                         {buffer.begin(), buffer.begin() + count}});
      if (echoes) send(arrived.back().from, arrived.back().message);
    }
  }
  void send(const SocketAddress& to, Bytes message) const { send_from(socket, to, message); }
  static void send_from(const Descriptor& from, const SocketAddress& to, Bytes message) {
    sockaddr_storage storage;
    const socklen_t length = to.to_sockaddr(storage);
    EXPECT_EQ(sendto(from.get(), message.data(), message.size(), 0,
                     reinterpret_cast<sockaddr*>(&storage), length),
              static_cast<ssize_t>(message.size()));
  }

  Descriptor socket;
  SocketAddress address;
  std::optional<ReadWatcher> watcher;
  std::vector<Arrived> arrived;
  bool echoes = false;
};

struct Scene {
  Loop loop;
  Owner owner;
  UdpExchange::Options options;
  std::optional<UdpExchange> exchange;

  UdpExchange& start() { return exchange.emplace(loop, options, owner); }
  [[nodiscard]] bool until(const std::function<bool()>& done) { return run_until(loop, done); }
};

TEST(UdpExchange, BringsEachQueryItsResponse) {
  Scene scene;
  Target v4(scene.loop);
  Target v6(scene.loop, "::1");
  v4.echoes = v6.echoes = true;
  UdpExchange& exchange = scene.start();
  const auto to_v4 = exchange.add_route({v4.address, {}});
  const auto to_v6 = exchange.add_route({v6.address, {}});
  for (uint64_t token = 0; token < 200; ++token) {
    const auto message = query("word " + std::to_string(token));
    ASSERT_TRUE(exchange.send(token % 2 == 0 ? to_v4 : to_v6, message, token));
  }
  ASSERT_TRUE(scene.until([&] { return scene.owner.responses.size() == 200; }));
  for (uint64_t token = 0; token < 200; ++token) {
    EXPECT_EQ(scene.owner.responses[token], "word " + std::to_string(token));
  }
  EXPECT_EQ(v4.arrived.size(), 100U);
  EXPECT_EQ(exchange.counts().sent, 200U);
  EXPECT_EQ(exchange.counts().received, 200U);
  EXPECT_EQ(exchange.counts().unmatched, 0U);
  // The queries of one socket were sent together.
  EXPECT_EQ(exchange.counts().sockets_opened, 200U / UdpExchange::kSendsPerSocket);
  EXPECT_EQ(exchange.counts().send_calls, exchange.counts().sockets_opened);
  EXPECT_EQ(exchange.counts().ports, exchange.counts().sockets_opened);
}

TEST(UdpExchange, UsesSocketsAgainFromOtherPorts) {
  Scene scene;
  Target v4(scene.loop);
  Target v6(scene.loop, "::1");
  v4.echoes = v6.echoes = true;
  UdpExchange& exchange = scene.start();
  const std::array sources = {*IpAddress::parse("127.0.0.2")};
  const auto to_v4 = exchange.add_route({v4.address, {sources.begin(), sources.end()}});
  const auto to_v6 = exchange.add_route({v6.address, {}});
  constexpr uint64_t kQueries = 100 * UdpExchange::kSendsPerSocket;
  uint64_t token = 0;
  const auto send_both = [&] {
    EXPECT_TRUE(exchange.send(to_v4, query("q"), token++));
    EXPECT_TRUE(exchange.send(to_v6, query("q"), token++));
  };
  for (uint64_t i = 0; i < kQueries; ++i) {
    send_both();
    ASSERT_TRUE(scene.until([&] { return scene.owner.responses.size() == token; }));
  }
  EXPECT_EQ(exchange.counts().ports, 200U);
  EXPECT_LE(exchange.counts().sockets_opened, 4U);
  for (const Target* target : {&v4, &v6}) {
    std::set<uint16_t> ports;
    for (const auto& each : target->arrived) ports.insert(each.from.port);
    EXPECT_GE(ports.size(), 90U);  // of 28,232 by default, so equal ports are rare
  }
  for (const auto& each : v4.arrived) EXPECT_EQ(each.from.address, sources[0]);
}

TEST(UdpExchange, ReceivesNothingAtAClosedPort) {
  Scene scene;
  Target target(scene.loop);
  target.echoes = true;
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({target.address, {}});
  const auto ask = [&](uint64_t token) {
    ASSERT_TRUE(exchange.send(route, query("q"), token));
    ASSERT_TRUE(scene.until([&] { return scene.owner.responses.contains(token); }));
  };
  for (uint64_t token = 0; token <= UdpExchange::kSendsPerSocket; ++token) ask(token);
  const SocketAddress old = target.arrived.front().from;
  ASSERT_NE(old.port, target.arrived.back().from.port);
  for (int i = 0; i < 20; ++i) target.send(old, query("late"));
  for (uint64_t token = 10; token < 20; ++token) ask(token);
  EXPECT_EQ(exchange.counts().received, UdpExchange::kSendsPerSocket + 11U);
  EXPECT_EQ(exchange.counts().unmatched, 0U);
}

TEST(UdpExchange, ARouteGetsTheSocketThatAnotherLetsRest) {
  Scene scene;
  Target one(scene.loop);
  Target two(scene.loop);
  one.echoes = two.echoes = true;
  scene.options.max_sockets = 2;
  UdpExchange& exchange = scene.start();
  const auto first = exchange.add_route({one.address, {}});
  const auto second = exchange.add_route({two.address, {}});
  // One socket rests, and one is the newest of the first route.
  constexpr uint64_t kFirst = UdpExchange::kSendsPerSocket + 1;
  for (uint64_t token = 0; token < kFirst; ++token) {
    ASSERT_TRUE(exchange.send(first, query("q"), token));
  }
  ASSERT_TRUE(scene.until([&] { return scene.owner.responses.size() == kFirst; }));
  ASSERT_EQ(exchange.open_sockets(), 2U);
  ASSERT_TRUE(exchange.send(second, query("q"), kFirst));
  EXPECT_TRUE(scene.until([&] { return scene.owner.responses.contains(kFirst); }));
  EXPECT_EQ(exchange.open_sockets(), 2U);
}

TEST(UdpExchange, IgnoresUnmatchedResponses) {
  Scene scene;
  Target target(scene.loop);
  Target other_target(scene.loop);
  UdpExchange& exchange = scene.start();
  ASSERT_TRUE(exchange.send(exchange.add_route({target.address, {}}), query("right"), 7));
  ASSERT_TRUE(scene.until([&] { return target.arrived.size() == 1; }));
  const auto [from, right] = target.arrived[0];

  other_target.send(from, right);  // from an address that was not queried
  const auto other_port = open_udp(local("127.0.0.1"), 0);
  Target::send_from(*other_port, from, right);
  std::vector<uint8_t> wrong_id = right;
  wrong_id[1] ^= 1;
  target.send(from, wrong_id);
  target.send(from, Bytes(right).first(11));
  std::vector<uint8_t> unwanted = query("unwanted");
  std::copy_n(right.begin(), 2, unwanted.begin());
  target.send(from, unwanted);
  ASSERT_TRUE(scene.until([&] { return exchange.counts().unmatched == 3; }));
  EXPECT_TRUE(scene.owner.responses.empty());

  target.send(from, right);
  ASSERT_TRUE(scene.until([&] { return !scene.owner.responses.empty(); }));
  EXPECT_EQ(scene.owner.responses[7], "right");
  // A repeated response is unmatched.
  target.send(from, right);
  ASSERT_TRUE(scene.until([&] { return exchange.counts().unmatched == 4; }));
}

TEST(UdpExchange, ReportsIcmpErrors) {
  Scene scene;
  SocketAddress closed;
  {
    Target gone(scene.loop);
    closed = gone.address;
  }
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({closed, {}});
  ASSERT_TRUE(exchange.send(route, query("one"), 1));
  ASSERT_TRUE(exchange.send(route, query("two"), 2));
  ASSERT_TRUE(scene.until([&] { return scene.owner.errors.size() == 2; }));
  constexpr SendError kRefused{SendFailure::Unreachable, ECONNREFUSED};
  EXPECT_EQ(scene.owner.errors[1], kRefused);
  EXPECT_EQ(scene.owner.errors[2], kRefused);
  EXPECT_EQ(exchange.counts().unreachable, 2U);
  EXPECT_EQ(exchange.counts().unsent, 0U);
}

TEST(UdpExchange, SendsFromTheSourceThatItIsGiven) {
  Scene scene;
  Target target(scene.loop);
  UdpExchange& exchange = scene.start();
  const auto sources = {local("127.0.0.2").address, local("127.0.0.3").address,
                        local("::1").address};
  const auto route = exchange.add_route({target.address, sources});
  constexpr size_t kQueries = 160;
  for (uint64_t token = 0; token < kQueries; ++token) {
    ASSERT_TRUE(exchange.send(route, query("q"), token));
  }
  ASSERT_TRUE(scene.until([&] { return target.arrived.size() == kQueries; }));
  std::set<std::string> seen;
  for (const auto& each : target.arrived) seen.insert(each.from.address.to_text());
  // By chance, forty sockets would all have one source once in 2^39 runs.
  EXPECT_EQ(seen, (std::set<std::string>{"127.0.0.2", "127.0.0.3"}));
}

TEST(UdpExchange, HasNoSocketForAForeignSourceAddress) {
  Scene scene;
  Target target(scene.loop);
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({target.address, {local("192.0.2.1").address}});
  const auto sent = exchange.send(route, query("q"), 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), (SendError{SendFailure::NoRoute, EADDRNOTAVAIL}));
  EXPECT_EQ(exchange.counts().no_socket, 1U);
}

TEST(UdpExchange, SharesPortsWhenSocketsRunOut) {
  Scene scene;
  Target target(scene.loop);
  scene.options.max_sockets = 2;
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({target.address, {}});
  uint64_t token = 0;
  while (exchange.send(route, query("q"), token)) ++token;
  EXPECT_EQ(token, 2 * UdpExchange::kMaxShared);
  EXPECT_EQ(exchange.counts().shared, token - 2 * UdpExchange::kSendsPerSocket);
  EXPECT_EQ(exchange.send(route, query("q"), token).error(), (SendError{SendFailure::NoSocket, 0}));
  EXPECT_EQ(exchange.open_sockets(), 2U);
  ASSERT_TRUE(scene.until([&] { return target.arrived.size() == token; }));
  std::set<uint16_t> ports;
  for (const auto& each : target.arrived) ports.insert(each.from.port);
  EXPECT_EQ(ports.size(), 2U);
  // Responses free places again.
  for (const auto& each : target.arrived) target.send(each.from, each.message);
  ASSERT_TRUE(scene.until([&] { return scene.owner.responses.size() == token; }));
  EXPECT_TRUE(exchange.send(route, query("q"), token));
}

// An attacker lacks only the port of the query and its id: sixteen thousand ports in a hundred
// thousand queries, and ids with a uniform distribution.
TEST(UdpExchange, PortsAndIdsAreSpread) {
  Scene scene;
  Target target(scene.loop);
  target.echoes = true;
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({target.address, {}});
  constexpr uint64_t kQueries = 100'000;
  constexpr uint64_t kWindow = 32;
  uint64_t token = 0;
  for (; token < kWindow; ++token) ASSERT_TRUE(exchange.send(route, query("q"), token));
  scene.owner.on_received = [&](uint64_t) {
    if (token == kQueries) return;
    EXPECT_TRUE(exchange.send(route, query("q"), token++));
  };
  ASSERT_TRUE(scene.until([&] { return scene.owner.responses.size() == kQueries; }));

  std::set<uint16_t> ports;
  std::array<double, 256> high{};
  std::array<double, 256> low{};
  for (const auto& each : target.arrived) {
    ports.insert(each.from.port);
    ++high[each.message[0]];
    ++low[each.message[1]];
  }
  EXPECT_GE(ports.size(), 16'000U);
  for (const auto& counts : {high, low}) {
    double sum = 0;
    const double expected = static_cast<double>(target.arrived.size()) / 256;
    for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
    EXPECT_LT(sum, 400);  // the mean is 255; chance exceeds 400 once in a billion runs
  }
}

TEST(UdpExchange, ForgetsARouteWithItsWaits) {
  Scene scene;
  Target target(scene.loop);
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({target.address, {}});
  ASSERT_TRUE(exchange.send(route, query("q"), 1));
  ASSERT_TRUE(scene.until([&] { return target.arrived.size() == 1; }));
  exchange.remove_route(route);
  EXPECT_EQ(exchange.open_sockets(), 0U);
  EXPECT_EQ(exchange.add_route({target.address, {}}), route);
  EXPECT_TRUE(scene.owner.errors.empty());
}

// The caller of remove_route expects no callback.
TEST(UdpExchange, CallsNothingWhileARouteIsRemoved) {
  Scene scene;
  SocketAddress closed;
  {
    Target gone(scene.loop);
    closed = gone.address;
  }
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({closed, {}});
  ASSERT_TRUE(exchange.send(route, query("one"), 1));
  exchange.flush();  // on the same machine ICMP reports the closed port at once
  ASSERT_TRUE(exchange.send(route, query("two"), 2));
  exchange.remove_route(route);
  EXPECT_TRUE(scene.owner.errors.empty());
  EXPECT_TRUE(scene.until([&] { return scene.owner.errors.size() == 2; }));
}

TEST(UdpExchange, ReportsAQueryThatThisHostCannotSend) {
  Scene scene;
  UdpExchange& exchange = scene.start();
  // A datagram to a broadcast address needs an option that these sockets do not have.
  const auto denied = exchange.add_route({local("255.255.255.255", 53), {}});
  const auto sent = exchange.send(denied, query("q"), 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), (SendError{SendFailure::Denied, EACCES}));
  EXPECT_EQ(exchange.counts().no_socket, 1U);
  EXPECT_EQ(exchange.counts().unreachable, 0U);
}

// Waits without a response end by themselves, even on a port that is always in use.
TEST(UdpExchange, EndsEachWaitAtItsOwnTime) {
  Scene scene;
  Target target(scene.loop);
  scene.options.max_sockets = 1;
  scene.options.max_wait_ms = 200;
  UdpExchange& exchange = scene.start();
  const auto route = exchange.add_route({target.address, {}});
  uint64_t token = 0;
  // Twice as many as may wait at once: the first ones must have ended meanwhile.
  ASSERT_TRUE(scene.until([&] {
    if (exchange.send(route, query("q"), token)) ++token;
    return token == 2 * UdpExchange::kMaxShared;
  }));
  EXPECT_TRUE(scene.owner.errors.empty());
}

TEST(UdpExchange, ReportsLateResponsesWhileSocketsAreFree) {
  for (const uint32_t max_sockets : {4U, 1U}) {
    Scene scene;
    Target target(scene.loop);
    scene.options = {.max_sockets = max_sockets, .max_wait_ms = 1, .late_wait_ms = 60'000};
    UdpExchange& exchange = scene.start();
    const auto route = exchange.add_route({target.address, {}});
    ASSERT_TRUE(exchange.send(route, query("late"), 1));
    ASSERT_TRUE(scene.until([&] { return target.arrived.size() == 1; }));
    // Two checks of the waits: the first may come before the end of the time.
    const uint64_t begin = scene.loop.now_ms();
    ASSERT_TRUE(scene.until([&] { return scene.loop.now_ms() > begin + 1200; }));
    target.send(target.arrived[0].from, target.arrived[0].message);
    if (max_sockets == 1) {
      // Its only socket is in use, so it does not wait longer.
      EXPECT_TRUE(scene.until([&] { return exchange.counts().unmatched == 1; }));
      EXPECT_TRUE(scene.owner.responses.empty());
      continue;
    }
    EXPECT_TRUE(scene.until([&] { return scene.owner.responses.contains(1); }));
  }
}

TEST(UdpExchange, ABusyTargetLeavesSocketsToOthers) {
  Scene scene;
  Target silent(scene.loop);
  Target healthy(scene.loop);
  healthy.echoes = true;
  scene.options.max_sockets = 12;
  UdpExchange& exchange = scene.start();
  const auto busy = exchange.add_route({silent.address, {}});
  const auto other = exchange.add_route({healthy.address, {}});
  uint64_t token = 0;
  while (exchange.send(busy, query("q"), token)) ++token;
  // Two thirds of the sockets, shared.
  EXPECT_EQ(token, 8 * UdpExchange::kMaxShared);
  ASSERT_TRUE(exchange.send(other, query("healthy"), token));
  EXPECT_TRUE(scene.until([&] { return scene.owner.responses.contains(token); }));
}

}  // namespace
}  // namespace inlet53::net
