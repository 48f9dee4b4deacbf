#include "inlet53/server/worker.h"

#include <condition_variable>
#include <mutex>

#include "test_state.h"
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inlet53/dns/response_view.h"

namespace inlet53::server {
namespace {

/// A port that was free a moment ago.
SocketAddress free_address() {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_storage storage;
  socklen_t size = SocketAddress::parse("127.0.0.1:0")->to_sockaddr(storage);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&storage), size), 0);
  size = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  close(fd);
  return SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage));
}

/// The first address of the answer to `name.test. A`, empty when nobody answers there.
std::string ask(const SocketAddress& server) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const timeval patience{30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_storage storage;
  const socklen_t size = server.to_sockaddr(storage);
  std::string out;
  // Connected, so that a closed port answers with an error instead of silence.
  if (connect(fd, reinterpret_cast<sockaddr*>(&storage), size) == 0) {
    const auto query = make_query("name.test.", 1, 0);
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

/// Counts up from other threads, and lets the test wait for a count.
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
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < 2; ++i) {
    Worker::Options options;
    options.cpu = 0;
    options.assigned = [&] { assigned.up(); };
    options.ended = [&] { ended.up(); };
    workers.push_back(std::make_unique<Worker>(std::move(options)));
  }

  auto sockets = open_sockets({{kept}, {dropped}}, for_workers(workers.size()));
  ASSERT_TRUE(sockets) << sockets.error().message;
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

TEST(Worker, RefusesAnAddressThatIsTaken) {
  const SocketAddress address = free_address();
  const auto first = open_sockets({{address}}, for_workers(2));
  ASSERT_TRUE(first);
  const auto second = open_sockets({{address}}, for_workers(1));
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().taken());
  EXPECT_NE(second.error().message.find(address.to_text()), std::string::npos);
}

TEST(Worker, EndsBeforeItWasGivenAnything) {
  Worker worker{Worker::Options{}};
  worker.stop();
}

}  // namespace
}  // namespace inlet53::server
