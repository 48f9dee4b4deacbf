// SPDX-License-Identifier: Apache-2.0
#include "server/stream_services.h"

#include <optional>
#include <utility>

#include "server_support.h"
#include "unit/net/net_support.h"
#include <gtest/gtest.h>

#include "inlet53/dns/response_view.h"

namespace inlet53::server {
namespace {

using Octets = std::vector<uint8_t>;
using net::Descriptor;

/// Service on loopback that answers `name.test.` and `big.test.` and forwards `partner.`.
class TcpServiceTest : public testing::Test {
 protected:
  void serve(const settings::Tcp& settings = {}) {
    auto socket = net::open_tcp(net::local("127.0.0.1"));
    ASSERT_TRUE(socket) << socket.error().message;
    address = net::bound_to(socket->get());
    state = make_forwarding_state("10.0.0.1");
    service.emplace(loop, std::move(*socket), settings, responder, forwarder, counts,
                    state->addresses[0], [] {});
  }
  [[nodiscard]] std::shared_ptr<const resolver::ResolverState> make_forwarding_state(
      const std::string& answer) const {
    auto made = std::make_shared<resolver::ResolverState>(*make_state({address}, answer));
    made->addresses[0].rules = std::make_shared<const resolver::RuleIndex>(
        std::vector<resolver::RuleIndex::Entry>{{*dns::Name::parse_text("partner."), 0}});
    return made;
  }

  template <class Condition>
  [[nodiscard]] bool run_until(Condition done) {
    return net::run_until(loop, done);
  }
  /// Returns a client whose connection the service has accepted.
  [[nodiscard]] Descriptor client() {
    const uint64_t before = counts.tcp_connections.get();
    Descriptor made = net::connected(SOCK_STREAM, address);
    EXPECT_TRUE(run_until([&] { return counts.tcp_connections.get() > before; }));
    return made;
  }
  static Octets framed(std::string_view name, uint16_t id) {
    Octets query = make_query(name, 1, 0);
    store_be16(query.data(), id);
    Octets out(2);
    store_be16(out.data(), static_cast<uint16_t>(query.size()));
    out.insert(out.end(), query.begin(), query.end());
    return out;
  }
  static void ask(const Descriptor& client, std::string_view name, uint16_t id = 1) {
    net::send_text(client, as_text(framed(name, id)));
  }

  /// Returns the next response; empty at the end of the stream.
  Octets response_to(const Descriptor& client) {
    EXPECT_TRUE(run_until([&] {
      if (whole_message()) return true;
      if (!net::can_read(client)) return false;
      const std::string more = net::receive_text(client);
      arrived.insert(arrived.end(), more.begin(), more.end());
      return more.empty() || whole_message();
    }));
    if (!whole_message()) return {};
    const auto end = arrived.begin() + 2 + load_be16(arrived.data());
    Octets message(arrived.begin() + 2, end);
    arrived.erase(arrived.begin(), end);
    return message;
  }
  [[nodiscard]] bool whole_message() const {
    return arrived.size() >= 2 && arrived.size() - 2 >= load_be16(arrived.data());
  }
  uint16_t answered_id(const Descriptor& client) {
    const Octets message = response_to(client);
    return message.empty() ? 0 : load_be16(message.data());
  }
  std::string answered_address(const Descriptor& client) {
    const Octets message = response_to(client);
    const auto parsed = dns::parse_response(message);
    if (!parsed || parsed->answer.empty()) return "";
    return IpAddress::from_bytes(parsed->answer[0].rdata).to_text();
  }
  [[nodiscard]] bool ends(const Descriptor& client) { return response_to(client).empty(); }

  net::Loop loop;
  SocketAddress address;
  std::shared_ptr<const resolver::ResolverState> state;
  WorkerCounts counts;
  cache::Cache cache{settings::Cache{}};
  Responder responder{Responder::Options{}, nullptr, &cache, counts};
  TestForwarder forwarder;
  Octets arrived;  // data of the client that was read last
  std::optional<TcpService> service;
};

TEST_F(TcpServiceTest, AnswersEachQueryOfAStreamInOrder) {
  serve();
  const Descriptor one = client();
  EXPECT_EQ(service->open_connections(), 1U);
  for (uint16_t id = 1; id <= 50; ++id) ask(one, "name.test.", id);
  for (uint16_t id = 1; id <= 50; ++id) ASSERT_EQ(answered_id(one), id);
  EXPECT_EQ(counts.tcp_queries.get(), 50U);
  EXPECT_EQ(counts.tcp_connections.get(), 1U);
}

TEST_F(TcpServiceTest, PutsAQueryTogetherByteByByte) {
  serve();
  const Descriptor one = client();
  for (const uint8_t octet : framed("name.test.", 7)) {
    net::send_text(one, as_text({&octet, 1}));
    int turns = 0;
    ASSERT_TRUE(run_until([&] { return ++turns == 2; }));
  }
  EXPECT_EQ(answered_address(one), "10.0.0.1");
}

TEST_F(TcpServiceTest, ClosesAClientThatAsksNothing) {
  serve({.first_query_timeout_ms = 20});
  const Descriptor one = client();
  EXPECT_TRUE(ends(one));
  EXPECT_TRUE(run_until([&] { return service->open_connections() == 0; }));
}

TEST_F(TcpServiceTest, ClosesAClientThatAsksNoMore) {
  serve({.idle_timeout_ms = 20, .first_query_timeout_ms = 10 * net::kPatienceMs});
  const Descriptor one = client();
  ask(one, "name.test.");
  EXPECT_EQ(answered_address(one), "10.0.0.1");
  EXPECT_TRUE(ends(one));
}

TEST_F(TcpServiceTest, KeepsAClientWhoseQueryWaitsForTargets) {
  serve({.idle_timeout_ms = 10, .first_query_timeout_ms = 10 * net::kPatienceMs});
  const Descriptor one = client();
  ask(one, "host.partner.", 5);
  ASSERT_TRUE(run_until([&] { return forwarder.waiting.size() == 1; }));
  bool later = false;
  net::Timer timer(loop, [&] { later = true; });
  timer.start(50);
  ASSERT_TRUE(run_until([&] { return later; }));
  ASSERT_EQ(service->open_connections(), 1U);
  forwarder.answer_first();
  EXPECT_EQ(answered_id(one), 5U);
  EXPECT_TRUE(ends(one));
}

TEST_F(TcpServiceTest, AnswersAHalfClosedClientThatWaits) {
  serve();
  const Descriptor one = client();
  ask(one, "host.partner.", 5);
  ask(one, "name.test.", 6);
  ASSERT_EQ(shutdown(one.get(), SHUT_WR), 0);
  EXPECT_EQ(answered_id(one), 6U);
  ASSERT_EQ(service->open_connections(), 1U);
  forwarder.answer_first();
  EXPECT_EQ(answered_id(one), 5U);
  EXPECT_TRUE(ends(one));
  EXPECT_TRUE(run_until([&] { return service->open_connections() == 0; }));
}

TEST_F(TcpServiceTest, ForgetsAClientThatLeavesWhileItWaits) {
  serve();
  Descriptor one = client();
  ask(one, "host.partner.");
  ASSERT_TRUE(run_until([&] { return forwarder.waiting.size() == 1; }));
  const linger reset{1, 0};
  ASSERT_EQ(setsockopt(one.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  one.reset();
  ASSERT_TRUE(run_until([&] { return service->open_connections() == 0; }));
  forwarder.answer_first();  // the client has closed its connection

  const Descriptor other = client();
  ask(other, "name.test.");
  EXPECT_EQ(answered_address(other), "10.0.0.1");
}

TEST_F(TcpServiceTest, TakesNoMoreThanAHundredQueriesThatWait) {
  serve();
  const Descriptor one = client();
  for (uint16_t id = 1; id <= 150; ++id) ask(one, "host.partner.", id);
  ASSERT_TRUE(run_until([&] { return forwarder.waiting.size() == 100; }));
  int turns = 0;
  ASSERT_TRUE(run_until([&] { return ++turns == 5; }));
  EXPECT_EQ(forwarder.waiting.size(), 100U);
  for (uint16_t id = 1; id <= 150; ++id) {
    ASSERT_TRUE(run_until([&] { return !forwarder.waiting.empty(); }));
    forwarder.answer_first();
    ASSERT_EQ(answered_id(one), id);
  }
}

TEST_F(TcpServiceTest, DisconnectsAClientThatSendsNoQuery) {
  serve();
  const Descriptor one = client();
  ask(one, "name.test.", 3);
  net::send_text(one, std::string_view("\0\1x", 3));
  EXPECT_EQ(answered_id(one), 3U);
  EXPECT_TRUE(ends(one));
}

TEST_F(TcpServiceTest, ASlowReaderGetsEveryAnswer) {
  serve({.idle_timeout_ms = 10 * net::kPatienceMs, .max_pipelined_octets = 10'000});
  const Descriptor one = client();
  constexpr uint16_t kCount = 4000;
  Octets queries;
  for (uint16_t id = 1; id <= kCount; ++id) {
    const Octets query = framed("big.test.", id);
    queries.insert(queries.end(), query.begin(), query.end());
  }
  size_t sent = 0;
  for (uint16_t id = 1; id <= kCount;) {
    if (sent < queries.size()) {
      const ssize_t count =
          send(one.get(), &queries[sent], queries.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count > 0) sent += static_cast<size_t>(count);
      int turns = 0;
      ASSERT_TRUE(run_until([&] { return ++turns == 2; }));
      if (count > 0) continue;
    }
    ASSERT_EQ(answered_id(one), id);
    ++id;
  }
}

TEST_F(TcpServiceTest, CapsTheConnectionsOfOneClientAndCountsTheRefused) {
  serve({.max_connections_per_client = 1});
  const Descriptor one = client();
  const Descriptor other = net::connected(SOCK_STREAM, address);
  EXPECT_TRUE(ends(other));
  EXPECT_EQ(service->open_connections(), 1U);
  ask(one, "name.test.");
  EXPECT_EQ(answered_address(one), "10.0.0.1");
  EXPECT_EQ(counts.tcp_refused.get(), 1U);
  EXPECT_EQ(counts.tcp_connections.get(), 1U);
}

TEST_F(TcpServiceTest, AnswersFromTheAddressThatItWasGivenLast) {
  serve();
  const Descriptor one = client();
  const auto next = make_forwarding_state("10.0.0.2");
  service->set_address(next->addresses[0]);
  ask(one, "name.test.");
  EXPECT_EQ(answered_address(one), "10.0.0.2");
}

TEST_F(TcpServiceTest, DrainsAnswersWhatArrivedAndEndsEachConnection) {
  serve({.idle_timeout_ms = 10 * net::kPatienceMs});
  const Descriptor asking = client();
  const Descriptor silent = client();
  const Descriptor waiting = client();
  ask(waiting, "host.partner.", 9);
  ASSERT_TRUE(run_until([&] { return forwarder.waiting.size() == 1; }));
  ask(asking, "name.test.");
  service->drain();
  const Descriptor late = net::client_socket(SOCK_STREAM, IpFamily::V4);
  EXPECT_EQ(net::connect_to(late, address), ECONNREFUSED);
  EXPECT_EQ(answered_address(asking), "10.0.0.1");
  EXPECT_TRUE(ends(asking));
  EXPECT_TRUE(ends(silent));
  EXPECT_TRUE(run_until([&] { return service->open_connections() == 1; }));
  forwarder.answer_first();
  EXPECT_EQ(answered_id(waiting), 9U);
  EXPECT_TRUE(ends(waiting));
  EXPECT_TRUE(run_until([&] { return service->open_connections() == 0; }));
}

TEST_F(TcpServiceTest, ItsEndClosesEveryConnection) {
  serve();
  const Descriptor idle = client();
  const Descriptor waiting = client();
  ask(waiting, "host.partner.");
  ASSERT_TRUE(run_until([&] { return forwarder.waiting.size() == 1; }));
  service.reset();
  EXPECT_TRUE(ends(idle));
  EXPECT_TRUE(ends(waiting));
}

}  // namespace
}  // namespace inlet53::server
