// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/worker.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>

#include "server_support.h"
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inlet53/dns/response_view.h"
#include "inlet53/net/socket.h"

namespace inlet53::server {
namespace {

/// Returns an address with a port that is free for UDP and TCP. The address is not 127.0.0.1: there
/// a connection of another process may use the port before the test does.
SocketAddress free_address() {
  std::random_device random;
  for (;;) {
    const std::array<uint8_t, 4> host{127, 53, static_cast<uint8_t>(random()),
                                      static_cast<uint8_t>(random())};
    auto udp = net::open_udp({IpAddress::from_bytes(host), 0}, 0);
    if (!udp) throw std::runtime_error(udp.error().message);
    const SocketAddress address = net::local_address(udp->get());
    udp->reset();
    const auto free = net::probe_address(address);
    if (free) return address;
    if (!free.error().address_in_use()) throw std::runtime_error(free.error().message);
  }
}

/// Returns the first address of the answer to `name.test. A`; empty when there is no response.
std::string ask(const SocketAddress& server, uint16_t id = 0) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const timeval patience{30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_storage storage;
  const socklen_t size = server.to_sockaddr(storage);
  std::string out;
  // Connected, so that a closed port answers with an error instead of silence.
  if (connect(fd, reinterpret_cast<sockaddr*>(&storage), size) == 0) {
    auto query = make_query("name.test.", 1, 0);
    store_be16(query.data(), id);
    uint8_t response[512];
    if (send(fd, query.data(), query.size(), 0) > 0) {
      const ssize_t received = recv(fd, response, sizeof response, 0);
      if (received > 0) {
        const auto parsed = dns::parse_response({response, static_cast<size_t>(received)});
        if (parsed && !parsed->answer.empty()) {
          out = IpAddress::from_bytes(parsed->answer[0].rdata).to_text();
        }
      }
    }
  }
  close(fd);
  return out;
}

/// Counter that other threads increase; the test waits for a value.
class Tally {
 public:
  void up() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

settings::Server for_workers(size_t workers) {
  settings::Server settings;
  settings.workers = static_cast<uint32_t>(workers);
  return settings;
}

TEST(Worker, TakesUpStatesWholeAndEndsWell) {
  const SocketAddress kept = free_address();
  const SocketAddress dropped = free_address();
  Tally assigned;
  Tally ended;
  auto sockets = open_sockets({{kept}, {dropped}}, for_workers(2));
  ASSERT_TRUE(sockets) << sockets.error().message;
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < 2; ++i) {
    Worker::Options options;
    options.cpu = 0;
    options.assigned = [&] { assigned.up(); };
    options.ended = [&] { ended.up(); };
    workers.push_back(std::make_unique<Worker>(std::move(options)));
  }

  const auto first = make_state({kept, dropped}, "10.0.0.1");
  for (size_t i = 0; i < workers.size(); ++i) workers[i]->assign({first, std::move((*sockets)[i])});
  assigned.wait_for(2);
  EXPECT_EQ(ask(kept), "10.0.0.1");
  EXPECT_EQ(ask(dropped), "10.0.0.1");

  const auto second = make_state({kept}, "10.0.0.2");
  for (auto& worker : workers) worker->assign({second, {}});
  assigned.wait_for(4);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(kept), "10.0.0.2");
  EXPECT_EQ(ask(dropped), "");

  for (auto& worker : workers) worker->stop();
  ended.wait_for(2);
  uint64_t queries = 0;
  for (auto& worker : workers) queries += worker->counts().udp_queries.get();
  EXPECT_EQ(queries, 22U);
}

uint64_t asked(const std::unique_ptr<Worker>& worker) { return worker->counts().udp_queries.get(); }

/// Two workers that serve the addresses of `serve`.
struct Pair {
  Pair() {
    settings.workers = 2;
    for (int i = 0; i < 2; ++i) {
      Worker::Options options;
      options.fell_behind = [this] { behind.up(); };
      options.assigned = [this] { assigned.up(); };
      workers.push_back(std::make_unique<Worker>(std::move(options)));
    }
  }
  ~Pair() {
    for (auto& worker : workers) worker->stop();
  }
  void serve(std::vector<std::vector<AddressSockets>> sockets,
             const std::vector<SocketAddress>& addresses) {
    const auto state = make_state(addresses, "10.0.0.1");
    for (size_t i = 0; i < 2; ++i) workers[i]->assign({state, std::move(sockets[i])});
    assigned.wait_for(turn += 2);
  }
  [[nodiscard]] std::vector<std::vector<AddressSockets>> open(const SocketAddress& address) const {
    auto sockets = open_sockets({{address}}, settings);
    if (!sockets) throw std::runtime_error(sockets.error().message);
    return std::move(*sockets);
  }

  settings::Server settings;
  Tally assigned;
  Tally behind;
  int turn = 0;
  std::vector<std::unique_ptr<Worker>> workers;
};

TEST(Worker, TheFirstTakesAllDatagramsUntilItIsToldOtherwise) {
  Pair pair;
  const SocketAddress address = free_address();
  pair.serve(pair.open(address), {address});
  for (uint16_t id = 0; id < 20; ++id) EXPECT_EQ(ask(address, id), "10.0.0.1");
  EXPECT_EQ(asked(pair.workers[0]), 20U);

  pair.workers[0]->spread_queries(2);
  while (asked(pair.workers[1]) == 0) ASSERT_EQ(ask(address, 1), "10.0.0.1");
  const uint64_t first = asked(pair.workers[0]);
  const uint64_t second = asked(pair.workers[1]);
  for (uint16_t id = 0; id < 20; ++id) EXPECT_EQ(ask(address, id), "10.0.0.1");
  EXPECT_EQ(asked(pair.workers[0]), first + 10);
  EXPECT_EQ(asked(pair.workers[1]), second + 10);

  const SocketAddress added = free_address();
  pair.serve(pair.open(added), {address, added});
  for (uint16_t id = 0; id < 20; ++id) EXPECT_EQ(ask(added, id), "10.0.0.1");
  EXPECT_EQ(asked(pair.workers[1]), second + 20);

  pair.workers[0]->spread_queries(1);
  do {
    const uint64_t before = asked(pair.workers[0]);
    ASSERT_EQ(ask(address, 1), "10.0.0.1");
    if (asked(pair.workers[0]) > before) break;
  } while (true);
}

TEST(Worker, AllTakeDatagramsWhenSpreadByQuery) {
  Pair pair;
  pair.settings.udp_spread = settings::UdpSpread::Query;
  const SocketAddress address = free_address();
  pair.serve(pair.open(address), {address});
  for (uint16_t id = 0; id < 20; ++id) EXPECT_EQ(ask(address, id), "10.0.0.1");
  EXPECT_EQ(asked(pair.workers[0]), 10U);
  EXPECT_EQ(asked(pair.workers[1]), 10U);
}

TEST(Worker, SaysThatItFellBehind) {
  Pair pair;
  const SocketAddress address = free_address();
  auto sockets = pair.open(address);
  const int client = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_storage storage;
  const socklen_t size = address.to_sockaddr(storage);
  // Datagrams that wait when the worker starts, as after a delay. A small receive buffer holds
  // fewer.
  for (int i = 0; i < 1100; ++i) {
    ASSERT_EQ(sendto(client, "x", 1, 0, reinterpret_cast<sockaddr*>(&storage), size), 1);
  }
  close(client);
  pair.serve(std::move(sockets), {address});
  pair.behind.wait_for(1);
}

TEST(Worker, KnowsWhatItsThreadHasUsed) {
  Pair pair;
  const SocketAddress address = free_address();
  pair.serve(pair.open(address), {address});
  const uint64_t before = pair.workers[0]->cpu_time_ns();
  EXPECT_EQ(ask(address), "10.0.0.1");
  EXPECT_GT(pair.workers[0]->cpu_time_ns(), before);
}

TEST(Worker, RefusesAnAddressThatIsTaken) {
  const SocketAddress address = free_address();
  const auto first = open_sockets({{address}}, for_workers(2));
  ASSERT_TRUE(first);
  const auto second = open_sockets({{address}}, for_workers(1));
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().address_in_use());
  EXPECT_NE(second.error().message.find(address.to_text()), std::string::npos);
}

TEST(Worker, EndsBeforeItWasGivenAnything) {
  Worker worker{Worker::Options{}};
  worker.stop();
}

}  // namespace
}  // namespace inlet53::server
