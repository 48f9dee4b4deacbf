// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/refused_clients.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

class RefusedClientsTest : public testing::Test {
 protected:
  void record(const std::string& client) {
    clients.record(*IpAddress::parse(client), address, false);
  }
  std::vector<std::string> taken() {
    std::vector<std::string> all;
    for (const RefusedClient& one : clients.collect().clients) all.push_back(one.client.to_text());
    return all;
  }
  static std::string client(size_t number) {
    return "10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256);
  }

  std::atomic<int> news{0};
  RefusedClients clients{[this] { ++news; }};
  resolver::EndpointAddress address;
};

TEST_F(RefusedClientsTest, NotesEachClientOnce) {
  address.listen = *SocketAddress::parse("127.0.53.1:5300");
  address.protocol = topology::EndpointProtocol::DoT;
  for (int i = 0; i < 3; ++i) record("10.0.0.1");
  record("fd00::1");
  clients.record(*IpAddress::parse("10.0.0.2"), address, true);
  EXPECT_EQ(news, 3);
  const RefusedClients::Report got = clients.collect();
  ASSERT_EQ(got.clients.size(), 3U);
  EXPECT_FALSE(got.is_full);
  EXPECT_EQ(got.clients[0].client.to_text(), "10.0.0.1");
  EXPECT_EQ(got.clients[1].client.to_text(), "fd00::1");
  EXPECT_FALSE(got.clients[1].over_tcp);
  EXPECT_TRUE(got.clients[2].over_tcp);
  EXPECT_EQ(got.clients[2].listen.to_text(), "127.0.53.1:5300");
  EXPECT_EQ(got.clients[2].protocol, topology::EndpointProtocol::DoT);
  EXPECT_EQ(taken(), std::vector<std::string>{});
}

TEST_F(RefusedClientsTest, NotesSoManyAndSaysOnceThatItIsFull) {
  for (size_t i = 0; i < RefusedClients::kMaxClients - 1; ++i) record(client(i));
  EXPECT_FALSE(clients.collect().is_full);
  for (size_t i = 0; i < 100'000; ++i) record(client(i % 65'536));
  const RefusedClients::Report got = clients.collect();
  EXPECT_EQ(got.clients.size(), 1U);
  EXPECT_TRUE(got.is_full);
  EXPECT_EQ(news, static_cast<int>(RefusedClients::kMaxClients));
  EXPECT_FALSE(clients.collect().is_full);
}

TEST_F(RefusedClientsTest, NotesAnewWhatItHasForgotten) {
  for (size_t i = 0; i < 2 * RefusedClients::kMaxClients; ++i) record(client(i));
  static_cast<void>(clients.collect());
  clients.clear();
  record(client(0));
  record(client(0));
  EXPECT_EQ(taken(), std::vector<std::string>{client(0)});
}

TEST_F(RefusedClientsTest, TakesNotesOfManyThreads) {
  constexpr size_t kClients = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < 50; ++round) {
        for (size_t number = 0; number < kClients; ++number) record(client(number));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> all = taken();
  EXPECT_EQ(all.size(), kClients);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), kClients);
}

}  // namespace
}  // namespace inlet53::server
