// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "transport.h"
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "inlet53/base/ip_address.h"
#include "inlet53/net/socket.h"

namespace inlet53::loadgen {

namespace {

class QueryBatchTest : public testing::Test {
 protected:
  QueryBatchTest() {
    const auto any = SocketAddress::parse("127.0.0.1:0").value();
    server_ = std::move(net::open_udp(any, 0).value());
    client_ = std::move(net::open_udp(any, 0).value());
    sockaddr_storage server{};
    const socklen_t length = net::local_address(server_.get()).to_sockaddr(server);
    EXPECT_EQ(connect(client_.get(), reinterpret_cast<sockaddr*>(&server), length), 0);
  }

  size_t send(const std::vector<std::string>& queries) {
    for (size_t i = 0; i < queries.size(); ++i) {
      std::copy(queries[i].begin(), queries[i].end(), batch_.place(i));
      batch_.set_size(i, queries[i].size());
    }
    return batch_.send(client_.get(), queries.size());
  }
  // Returns the next `count` datagrams, or fewer if no more arrive for a long time.
  std::vector<std::string> receive(size_t count) {
    std::vector<std::string> datagrams;
    std::string octets(Ledger::kMaxQuery, '\0');
    while (datagrams.size() < count) {
      pollfd watched{server_.get(), POLLIN, 0};
      if (poll(&watched, 1, kPatienceMs) <= 0) break;
      const ssize_t size = recv(server_.get(), octets.data(), octets.size(), MSG_DONTWAIT);
      if (size >= 0) datagrams.push_back(octets.substr(0, static_cast<size_t>(size)));
    }
    return datagrams;
  }
  // The kernel refuses segments without checksums (udp_send_skb).
  void have_segments_refused() {
    const int yes = 1;
    ASSERT_EQ(setsockopt(client_.get(), SOL_SOCKET, SO_NO_CHECK, &yes, sizeof yes), 0);
  }

  static constexpr int kPatienceMs = 30'000;
  net::Descriptor server_;
  net::Descriptor client_;
  QueryBatch batch_{true};
};

const std::vector<std::string> kMixed{"aaaa", "bbbb", "cccccc", "d", "e", "ff", "gggg"};

TEST_F(QueryBatchTest, EachQueryIsADatagram) {
  EXPECT_EQ(send(kMixed), kMixed.size());
  EXPECT_EQ(receive(kMixed.size()), kMixed);
}

TEST_F(QueryBatchTest, AFullBatchOfOneSize) {
  std::vector<std::string> queries;
  for (size_t i = 0; i < QueryBatch::kQueries; ++i) {
    queries.emplace_back(Ledger::kMaxQuery, static_cast<char>('a' + i));
  }
  EXPECT_EQ(send(queries), queries.size());
  EXPECT_EQ(receive(queries.size()), queries);
}

TEST_F(QueryBatchTest, ABatchKeepsNothingOfTheLast) {
  EXPECT_EQ(send({"aa", "bb", "cc"}), 3U);
  EXPECT_EQ(send({"d", "ee", "f"}), 3U);
  EXPECT_EQ(receive(6), (std::vector<std::string>{"aa", "bb", "cc", "d", "ee", "f"}));
}

TEST_F(QueryBatchTest, SendsSinglyWhereSegmentsAreRefused) {
  have_segments_refused();
  EXPECT_EQ(send(kMixed), kMixed.size());
  EXPECT_EQ(send({"aa", "bb"}), 2U);
  auto all = kMixed;
  all.insert(all.end(), {"aa", "bb"});
  EXPECT_EQ(receive(all.size()), all);
}

TEST_F(QueryBatchTest, AnErrorIsNotTakenForARefusal) {
  server_ = {};
  EXPECT_EQ(send({"aa", "bb"}), 2U);
  pollfd watched{client_.get(), 0, 0};
  ASSERT_EQ(poll(&watched, 1, kPatienceMs), 1);  // the ICMP error has arrived
  EXPECT_EQ(send({"aa", "bb"}), 0U);
  EXPECT_EQ(errno, ECONNREFUSED);
}

}  // namespace

}  // namespace inlet53::loadgen
