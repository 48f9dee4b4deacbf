// SPDX-License-Identifier: Apache-2.0
#include "inlet53/loadgen/load_run.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>
#include <thread>

#include "loadgen_support.h"
#include <gtest/gtest.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inlet53/net/socket.h"

namespace inlet53::loadgen {
namespace {

// Server on its own thread that returns each message with QR set.
class Echo {
 public:
  explicit Echo(std::string_view address) {
    const auto any = SocketAddress::parse(address).value();
    socket_ = std::move(net::open_udp(any, 0).value());
    const int yes = 1;
    EXPECT_EQ(setsockopt(socket_.get(), SOL_UDP, UDP_GRO, &yes, sizeof yes), 0);
    address_ = net::local_address(socket_.get());
    thread_ = std::thread([this] { serve(); });
  }
  ~Echo() { end(); }

  [[nodiscard]] const SocketAddress& address() const { return address_; }
  // Ends the thread and returns the source port of each query in order.
  const std::vector<uint16_t>& ports() {
    end();
    return ports_;
  }
  // Ends the thread and returns the number of messages with several datagrams.
  size_t bunches() {
    end();
    return bunches_;
  }

 private:
  void end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void serve() {
    while (!stop_) {
      pollfd watched{socket_.get(), POLLIN, 0};
      if (poll(&watched, 1, 20) > 0) echo_one();
    }
  }
  void echo_one() {
    std::array<uint8_t, 32 * 512> octets;
    sockaddr_storage from{};
    alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(int))> control;
    iovec place{octets.data(), octets.size()};
    msghdr message{&from, sizeof from, &place, 1, control.data(), control.size(), 0};
    const ssize_t size = recvmsg(socket_.get(), &message, 0);
    if (size < 0) return;
    const size_t end = static_cast<size_t>(size);
    const size_t step = segment_size(message, end);
    if (end > step) ++bunches_;
    for (size_t at = 0; at < end; at += step) {
      ports_.push_back(SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&from)).port);
      octets[at + 2] |= 0x80;
      sendto(socket_.get(), &octets[at], std::min(step, end - at), 0,
             reinterpret_cast<sockaddr*>(&from), message.msg_namelen);
    }
  }
  // Length of each datagram of a segmented message, or of the only one.
  static size_t segment_size(msghdr& message, size_t all) {
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
         head = CMSG_NXTHDR(&message, head)) {
      if (head->cmsg_level != SOL_UDP || head->cmsg_type != UDP_GRO) continue;
      int octets = 0;
      std::memcpy(&octets, CMSG_DATA(head), sizeof octets);
      return static_cast<size_t>(octets);
    }
    return all;
  }

  net::Descriptor socket_;
  SocketAddress address_;
  std::vector<uint16_t> ports_;
  size_t bunches_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class LoadRunTest : public testing::Test {
 protected:
  LoadRunTest() {
    options_.server = echo_.address();
    options_.timeout_seconds = 60;  // no query is lost, also on a slow machine
    options_.outstanding = 32;
  }
  Tally run() {
    const auto report = run_load(options_, workload_, stop_, {});
    EXPECT_TRUE(report.has_value()) << report.error();
    return report ? report->tally : Tally{};
  }

  Echo echo_{"127.0.0.1:0"};
  LoadOptions options_;
  std::atomic<bool> stop_{false};
  Workload workload_{test::questions({"a.test", "b.test"}), {.misses_percent = 10}};
};

TEST_F(LoadRunTest, EveryQueryIsAnsweredWhateverTheSockets) {
  options_.max_queries = 500;
  for (const size_t sockets : {1, 4, 5, 64}) {
    options_.channels = sockets;
    const Tally tally = run();
    EXPECT_EQ(tally.sent, 500U);
    EXPECT_EQ(tally.answered, 500U);
    EXPECT_EQ(tally.wrong, 0U);
    EXPECT_EQ(tally.rcodes[0], 500U);
    EXPECT_EQ(tally.latency.count(), 500U);
  }
}

TEST_F(LoadRunTest, SpeaksIpv6) {
  const Echo echo("[::1]:0");
  options_.server = echo.address();
  options_.max_queries = 50;
  EXPECT_EQ(run().answered, 50U);
}

TEST_F(LoadRunTest, NoTwoSuccessiveQueriesComeFromOnePort) {
  options_.max_queries = 500;
  options_.channels = 8;
  run();
  const auto& ports = echo_.ports();
  ASSERT_EQ(ports.size(), 500U);
  EXPECT_EQ(std::set<uint16_t>(ports.begin(), ports.end()).size(), 8U);
  for (size_t i = 8; i < ports.size(); ++i) EXPECT_EQ(ports[i], ports[i - 8]) << i;
}

TEST_F(LoadRunTest, APacedRunSendsEveryQuery) {
  options_.max_queries = 300;
  options_.rate = 5000;
  const Tally tally = run();
  EXPECT_EQ(tally.sent, 300U);
  EXPECT_EQ(tally.answered, 300U);
}

TEST_F(LoadRunTest, ABatchLeavesAsOneMessage) {
  options_.max_queries = 150;
  options_.channels = 2;
  EXPECT_EQ(run().answered, 150U);
  EXPECT_GT(echo_.bunches(), 0U);
}

TEST_F(LoadRunTest, OfAPacedRunEachQueryGoesItsOwnWay) {
  options_.max_queries = 150;  // a receive buffer holds them
  options_.channels = 2;
  options_.rate = 1'000'000;  // several queries are always due together
  EXPECT_EQ(run().answered, 150U);
  EXPECT_EQ(echo_.bunches(), 0U);
}

TEST_F(LoadRunTest, StopsWhenToldTo) {
  stop_ = true;
  EXPECT_EQ(run().sent, 0U);
}

TEST_F(LoadRunTest, ReportsThatNoServerListens) {
  options_.server.address = IpAddress::parse("127.0.0.9").value();
  options_.max_queries = 10;
  for (const TransportKind transport : {TransportKind::Udp, TransportKind::Tcp}) {
    options_.transport = transport;
    const auto report = run_load(options_, workload_, stop_, {});
    ASSERT_FALSE(report.has_value());
    EXPECT_TRUE(report.error().starts_with(options_.server.to_text())) << report.error();
    EXPECT_TRUE(report.error().ends_with("Connection refused")) << report.error();
  }
}

}  // namespace
}  // namespace inlet53::loadgen
