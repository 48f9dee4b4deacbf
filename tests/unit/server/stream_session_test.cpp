// SPDX-License-Identifier: Apache-2.0
#include "server/stream_session.h"

#include "server_support.h"
#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

using Octets = std::vector<uint8_t>;

/// Carrier that records all calls; each `send` is one write.
struct TestCarrier final : StreamCarrier {
  void send(Bytes octets) override { writes.emplace_back(octets.begin(), octets.end()); }
  [[nodiscard]] bool congested() const override { return slow; }
  void pause() override { paused = true; }
  void resume() override { paused = false; }
  void close_after_send() override { closed = true; }
  void set_timeout(uint64_t milliseconds) override { timeout = milliseconds; }

  /// Returns the ids of all responses in order.
  [[nodiscard]] std::vector<unsigned> ids() const {
    std::vector<unsigned> out;
    for (const Octets& write : writes) {
      for (size_t at = 0; at < write.size(); at += size_t{2} + load_be16(&write[at])) {
        out.push_back(load_be16(&write[at + 2]));
      }
    }
    return out;
  }

  std::vector<Octets> writes;
  bool slow = false;
  bool paused = false;
  bool closed = false;
  uint64_t timeout = 0;
};

class StreamSessionTest : public testing::Test {
 protected:
  static std::shared_ptr<const resolver::ResolverState> make_forwarding_state() {
    auto state = std::make_shared<resolver::ResolverState>(
        *make_state({*SocketAddress::parse("127.0.0.1:853")}, "10.0.0.1"));
    state->addresses[0].rules = std::make_shared<const resolver::RuleIndex>(
        std::vector<resolver::RuleIndex::Entry>{{*dns::Name::parse_text("partner."), 0}});
    return state;
  }

  static void append(Octets& stream, std::string_view name, uint16_t id) {
    Octets query = make_query(name, 1, 0);
    store_be16(query.data(), id);
    stream.push_back(static_cast<uint8_t>(query.size() >> 8));
    stream.push_back(static_cast<uint8_t>(query.size()));
    stream.insert(stream.end(), query.begin(), query.end());
  }

  const std::shared_ptr<const resolver::ResolverState> state = make_forwarding_state();
  WorkerCounts counts;
  cache::Cache cache{settings::Cache{}};
  Responder responder{Responder::Options{}, nullptr, &cache, counts};
  TestForwarder forwarder;
  int batches = 0;
  StreamSessions sessions{
      {record::Transport::Dot, 5000}, responder, forwarder, state->addresses[0], [this] {
        ++batches;
      }};
  TestCarrier carrier;
  const SocketAddress client = *SocketAddress::parse("127.0.0.1:4000");
  StreamSession session{sessions, carrier, client};
};

TEST_F(StreamSessionTest, AnswersWhatOneReadBroughtInOneWrite) {
  Octets stream;
  for (uint16_t id = 1; id <= 50; ++id) append(stream, "name.test.", id);
  const size_t whole = stream.size();
  stream.push_back(0);  // half of a length
  EXPECT_EQ(session.received(stream), whole);
  EXPECT_EQ(carrier.writes.size(), 1U);
  EXPECT_EQ(carrier.ids().size(), 50U);
  EXPECT_EQ(carrier.ids().back(), 50U);
  EXPECT_EQ(carrier.timeout, 5000U);
  EXPECT_EQ(batches, 1);
  EXPECT_EQ(counts.dot_queries.get(), 50U);
}

TEST_F(StreamSessionTest, LeavesPartsOfMessagesAndSetsNoTimeForThem) {
  Octets stream;
  append(stream, "name.test.", 1);
  for (size_t size = 0; size < stream.size(); ++size) {
    EXPECT_EQ(session.received(Bytes(stream).first(size)), 0U);
  }
  EXPECT_EQ(carrier.timeout, 0U);
  EXPECT_TRUE(carrier.writes.empty());
}

TEST_F(StreamSessionTest, LeavesMessagesToASlowReader) {
  Octets stream;
  append(stream, "name.test.", 1);
  carrier.slow = true;
  EXPECT_EQ(session.received(stream), 0U);
  carrier.slow = false;
  EXPECT_EQ(session.received(stream), stream.size());
}

TEST_F(StreamSessionTest, ClosesAfterWhatCannotBeAnswered) {
  Octets stream;
  append(stream, "name.test.", 1);
  stream.insert(stream.end(), {0, 1, 0});
  append(stream, "name.test.", 2);
  EXPECT_EQ(session.received(stream), stream.size());
  EXPECT_EQ(carrier.ids(), std::vector<unsigned>{1});
  EXPECT_TRUE(carrier.closed);
}

TEST_F(StreamSessionTest, AnswersOthersBeforeThoseThatWait) {
  Octets stream;
  append(stream, "host.partner.", 1);
  append(stream, "name.test.", 2);
  EXPECT_EQ(session.received(stream), stream.size());
  EXPECT_EQ(carrier.ids(), std::vector<unsigned>{2});
  EXPECT_TRUE(session.timed_out());  // the session is not idle
  EXPECT_TRUE(session.peer_finished());
  forwarder.answer_first();
  EXPECT_EQ(carrier.ids(), (std::vector<unsigned>{2, 1}));
  EXPECT_TRUE(carrier.closed);
  EXPECT_FALSE(session.timed_out());
}

TEST_F(StreamSessionTest, PausesWhileAHundredWait) {
  Octets stream;
  for (uint16_t id = 1; id <= 101; ++id) append(stream, "host.partner.", id);
  const size_t done = session.received(stream);
  EXPECT_EQ(done, stream.size() / 101 * 100);
  EXPECT_TRUE(carrier.paused);
  forwarder.answer_first();
  EXPECT_FALSE(carrier.paused);
  EXPECT_EQ(session.received(Bytes(stream).subspan(done)), stream.size() - done);
}

// A forwarder answers a query that cannot wait within the call, and also queries of other sessions.
TEST_F(StreamSessionTest, KeepsStreamsApartThatAreAnsweredMeanwhile) {
  TestCarrier other_carrier;
  StreamSession other{sessions, other_carrier, client};
  Octets stream;
  append(stream, "host.partner.", 77);
  other.received(stream);

  forwarder.at_once = [this] {
    while (!forwarder.waiting.empty()) forwarder.answer_first();
  };
  stream.clear();
  append(stream, "name.test.", 1);
  append(stream, "host.partner.", 2);
  append(stream, "name.test.", 3);
  EXPECT_EQ(session.received(stream), stream.size());
  EXPECT_EQ(carrier.writes.size(), 1U);
  EXPECT_EQ(carrier.ids(), (std::vector<unsigned>{1, 2, 3}));
  EXPECT_EQ(other_carrier.ids(), std::vector<unsigned>{77});
}

TEST_F(StreamSessionTest, SendsNothingToAClientThatHasLeft) {
  {
    TestCarrier gone;
    StreamSession short_lived{sessions, gone, client};
    Octets stream;
    append(stream, "host.partner.", 1);
    short_lived.received(stream);
  }
  forwarder.answer_first();
  EXPECT_TRUE(carrier.writes.empty());
}

TEST_F(StreamSessionTest, IsShortWithIdleClientsAtTheEnd) {
  sessions.drain();
  Octets stream;
  append(stream, "name.test.", 1);
  session.received(stream);
  EXPECT_EQ(carrier.timeout, StreamSessions::kDrainIdleMs);
}

}  // namespace
}  // namespace inlet53::server
