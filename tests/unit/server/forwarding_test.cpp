// SPDX-License-Identifier: Apache-2.0

// Queries that wait for targets, with a real forwarder and targets on loopback.
#include "server/forwarding.h"

#include <functional>
#include <map>

#include "server_support.h"
#include "unit/net/net_support.h"
#include <gtest/gtest.h>

#include "inlet53/dns/response_view.h"

namespace inlet53::server {
namespace {

using net::run_until;

/// Target on loopback. `script` makes the response to a query; absent: no response.
class Target {
 public:
  explicit Target(net::Loop& loop) {
    socket_ = std::move(*net::open_udp(net::local("127.0.0.1"), 0));
    watcher_.emplace(loop, socket_.get(), [this] { receive(); });
  }
  [[nodiscard]] SocketAddress address() const { return net::bound_to(socket_.get()); }

  std::function<std::vector<uint8_t>(std::vector<uint8_t>)> script;
  size_t queries = 0;

 private:
  void receive() {
    std::array<uint8_t, 600> buffer;
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    ssize_t size = 0;
    while ((size = recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                            reinterpret_cast<sockaddr*>(&from), &length)) > 0) {
      ++queries;
      const auto response = script({buffer.begin(), buffer.begin() + size});
      if (response.empty()) continue;
      sendto(socket_.get(), response.data(), response.size(), 0, reinterpret_cast<sockaddr*>(&from),
             length);
    }
  }

  net::Descriptor socket_;
  std::optional<net::ReadWatcher> watcher_;
};

/// Composes a response with an address and this TTL, or with `rcode` and no record.
std::vector<uint8_t> answer(std::vector<uint8_t> query, uint32_t ttl) {
  if (query[11] == 1) query.resize(query.size() - 11);
  query[2] |= 0x80;
  query[3] = 0x80;
  query[7] = 1;
  query[11] = 0;
  const uint8_t record[] = {
      0xC0, 0x0C, 0,  1, 0, 1, 0, 0, static_cast<uint8_t>(ttl >> 8), static_cast<uint8_t>(ttl),
      0,    4,    10, 1, 1, 2};
  query.insert(query.end(), std::begin(record), std::end(record));
  return query;
}

class ForwardingTest : public ::testing::Test, public Replier {
 protected:
  ForwardingTest() {
    target.script = [](auto query) { return answer(std::move(query), 60); };
    options.settings.forward.query_timeout_ms = 10'000;  // enough for a busy machine
    options.limit_reached = [this] { ++limit_reached; };
    state = std::make_shared<resolver::ResolverState>(
        *make_state({net::local("127.0.0.1", 53)}, "10.0.0.1"));
    set_rule("partner.example.", target.address());
  }
  void start() {
    forwarding.emplace(loop, options, cache, responder, counts);
    replace_state();
  }
  void replace_state() { forwarding->replace_state(*state); }
  void set_rule(std::string_view apex, const SocketAddress& to) {
    resolver::ForwardRule rule;
    rule.id = "rslvr-rr-1";
    rule.scope = next_scope++;
    rule.apex = *dns::Name::parse_text(apex);
    rule.targets.resize(1);
    rule.targets[0].address = to;
    rule.outbound.resize(1);
    state->forward_rules = {rule};
    state->addresses[0].rules = std::make_shared<const resolver::RuleIndex>(
        std::vector<resolver::RuleIndex::Entry>{{rule.apex, 0, rule.scope}});
  }

  // Replier
  const resolver::EndpointAddress& address() const noexcept override { return state->addresses[0]; }
  void reply(const ReplyTo& to, Bytes response) override {
    auto parsed = dns::parse_response(response);
    EXPECT_TRUE(parsed);
    if (parsed) replies.emplace(to.connection, std::move(*parsed));
    if (on_reply) on_reply();
  }

  /// Sends a query as a service does; `id` identifies the reply. Returns whether the cache answered
  /// it at once.
  bool ask(std::string_view qname, uint64_t id, std::string_view client = "127.0.0.1") {
    const auto query = make_query(qname, 1, 1232);
    const SocketAddress source{*IpAddress::parse(client), 4242};
    std::vector<uint8_t> buffer(query);
    buffer.resize(65535);
    const Arrival how{state->addresses[0], record::Transport::Udp, read_clock()};
    const Reply got = responder.answer(how, source, buffer, query.size());
    if (got.fetch_for == resolver::FetchFor::Answer) {
      forwarding->enqueue({this, id, source, record::Transport::Udp}, query, *got.question);
      return false;
    }
    if (got.fetch_for == resolver::FetchFor::Refresh) forwarding->refresh(*got.question);
    reply({this, id, source, record::Transport::Udp}, {buffer.data(), got.size});
    return true;
  }
  [[nodiscard]] bool until_replied(size_t count) {
    return run_until(loop, [&] { return replies.size() >= count; });
  }

  net::Loop loop;
  Target target{loop};
  std::shared_ptr<resolver::ResolverState> state;
  WorkerCounts counts;
  cache::Cache cache{{}};
  Responder responder{{}, nullptr, &cache, counts};
  Forwarding::Options options;
  std::optional<Forwarding> forwarding;
  std::map<uint64_t, dns::ResponseMessage> replies;
  std::function<void()> on_reply;
  size_t limit_reached = 0;
  uint32_t next_scope = 0;
};

TEST_F(ForwardingTest, AnswersAllWhoWaitForOneQuestionAndStoresItOnce) {
  start();
  for (uint64_t id = 1; id <= 5; ++id) EXPECT_FALSE(ask("www.partner.example.", id));
  EXPECT_EQ(forwarding->waiting(), 5U);
  ASSERT_TRUE(until_replied(5));
  EXPECT_EQ(target.queries, 1U);
  EXPECT_EQ(forwarding->waiting(), 0U);
  for (const auto& [id, response] : replies) ASSERT_EQ(response.answer.size(), 1U);
  EXPECT_TRUE(ask("www.partner.example.", 6)) << "from the cache";
  EXPECT_EQ(target.queries, 1U);
}

TEST_F(ForwardingTest, GivesAllWhoWaitWhatTheCacheDoesNotStore) {
  target.script = [](auto query) { return answer(std::move(query), 0); };
  start();
  for (uint64_t id = 1; id <= 5; ++id) EXPECT_FALSE(ask("www.partner.example.", id));
  ASSERT_TRUE(until_replied(5));
  EXPECT_EQ(target.queries, 1U);
  for (const auto& [id, response] : replies) EXPECT_EQ(response.answer.size(), 1U);
  EXPECT_FALSE(ask("www.partner.example.", 6)) << "a TTL of 0 is not stored";
  ASSERT_TRUE(until_replied(6));
}

// The chain of one query needs another question while other queries wait for the first.
TEST_F(ForwardingTest, KeepsResultsApartWhenOneLeadsToAnotherQuestion) {
  target.script = [](auto query) { return answer(std::move(query), 0); };
  start();
  bool asked = false;
  on_reply = [&] {
    if (std::exchange(asked, true)) return;
    EXPECT_FALSE(ask("other.partner.example.", 100));
  };
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_FALSE(ask("www.partner.example.", id));
  ASSERT_TRUE(until_replied(4));
  for (const auto& [id, response] : replies) {
    ASSERT_EQ(response.answer.size(), 1U) << id;
    EXPECT_EQ(response.answer[0].owner.view().to_text(),
              id == 100 ? "other.partner.example." : "www.partner.example.");
  }
}

TEST_F(ForwardingTest, FailsInTimeWhenTheTargetIsSilent) {
  options.settings.forward.query_timeout_ms = 300;
  target.script = [](auto) { return std::vector<uint8_t>(); };
  start();
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_FALSE(ask("www.partner.example.", id));
  ASSERT_TRUE(until_replied(3));
  for (const auto& [id, response] : replies) {
    EXPECT_EQ(response.rcode, dns::Rcode::ServFail);
    EXPECT_TRUE(response.answer.empty());
  }
  EXPECT_EQ(counts.forward_failed.get(), 3U);
  const size_t queries = target.queries;
  EXPECT_TRUE(ask("www.partner.example.", 4)) << "the failure is stored for this name";
  EXPECT_EQ(target.queries, queries);
  EXPECT_FALSE(ask("other.partner.example.", 5)) << "and for no other";
  EXPECT_EQ(limit_reached, 0U);
  ASSERT_TRUE(until_replied(5));
}

// RFC 8767 §5: a client does not wait for silent targets.
TEST_F(ForwardingTest, AnswersAtOnceFromAnOldAnswerWhileAllTargetsAreSilent) {
  options.settings.forward.query_timeout_ms = 300;
  target.script = [](auto query) { return answer(std::move(query), 1); };
  start();
  EXPECT_FALSE(ask("old.partner.example.", 1));
  ASSERT_TRUE(until_replied(1));
  target.script = [](auto) { return std::vector<uint8_t>(); };
  // Names without an answer for two seconds make the target silent.
  uint64_t names = 0;
  net::Timer asks(loop, [&] {
    ++names;
    ask("n" + std::to_string(names) + ".partner.example.", 100 + names);
  });
  asks.start(0, 50);
  ASSERT_TRUE(until_replied(41));
  asks.stop();
  const size_t queries = target.queries;
  ask("old.partner.example.", 2);
  ASSERT_EQ(replies.count(2), 1U) << "without a turn of the loop";
  EXPECT_EQ(replies.at(2).ede, static_cast<uint16_t>(dns::Ede::StaleAnswer));
  ASSERT_TRUE(run_until(loop, [&] { return target.queries > queries; }))
      << "it is asked all the same";
}

TEST_F(ForwardingTest, DoesNotStoreThatTooManyWait) {
  options.settings.forward.max_in_flight = 1;
  start();
  EXPECT_FALSE(ask("www.partner.example.", 1));
  EXPECT_FALSE(ask("other.partner.example.", 2));
  ASSERT_TRUE(replies.contains(2)) << "answered within the call";
  EXPECT_EQ(replies.at(2).rcode, dns::Rcode::ServFail);
  EXPECT_EQ(limit_reached, 1U);
  ASSERT_TRUE(until_replied(2));
  EXPECT_FALSE(ask("other.partner.example.", 3)) << "it is asked";
  ASSERT_TRUE(until_replied(3));
  EXPECT_EQ(replies.at(3).rcode, dns::Rcode::NoError);
}

TEST_F(ForwardingTest, DecidesByTheNewRulesWhatWaitedDuringAReload) {
  std::vector<uint8_t> held;
  target.script = [&](auto query) {
    held = query;
    return std::vector<uint8_t>();
  };
  Target other(loop);
  other.script = [](auto query) { return answer(std::move(query), 60); };
  start();
  EXPECT_FALSE(ask("www.partner.example.", 1));
  ASSERT_TRUE(run_until(loop, [&] { return !held.empty(); }));
  set_rule("partner.example.", other.address());
  replace_state();
  // The old target answers late: its answer does not apply to the new rules.
  target.script = [&](auto query) { return answer(std::move(query), 60); };
  ASSERT_TRUE(until_replied(1));
  EXPECT_EQ(replies.at(1).answer.size(), 1U);
  EXPECT_EQ(other.queries, 1U);
}

TEST_F(ForwardingTest, ForgetsTheQueriesOfAServiceThatEnds) {
  options.settings.forward.query_timeout_ms = 300;
  target.script = [](auto) { return std::vector<uint8_t>(); };
  start();
  EXPECT_FALSE(ask("www.partner.example.", 1));
  forwarding->cancel(*this);
  EXPECT_EQ(forwarding->waiting(), 0U);
  EXPECT_FALSE(ask("other.partner.example.", 2));
  ASSERT_TRUE(until_replied(1));
  EXPECT_FALSE(replies.contains(1));
}

//--- Limits

uint64_t refused(const WorkerCounts& counts, ForwardRefusal refusal) {
  return counts.forward_refused[static_cast<size_t>(refusal)].get();
}

class ForwardingLimits : public ForwardingTest {
 protected:
  ForwardingLimits() {
    target.script = [](auto) { return std::vector<uint8_t>(); };
    options.settings.forward.query_timeout_ms = 5000;
  }
  /// Sends queries for many names as one client; returns the number of waiting queries.
  size_t ask_many(size_t count, std::string_view client) {
    const size_t before = forwarding->waiting();
    for (size_t i = 0; i < count; ++i) {
      const uint64_t id = next_id++;
      ask("n" + std::to_string(id) + ".partner.example.", id, client);
    }
    return forwarding->waiting() - before;
  }
  uint64_t next_id = 1000;
};

TEST_F(ForwardingLimits, OneTargetHasPlacesForAsManyNamesAsTheDefaultsSay) {
  start();
  EXPECT_EQ(ask_many(2500, "127.0.0.1"), 1778U) << "eight ninths of 2000";
  EXPECT_EQ(refused(counts, ForwardRefusal::ClientAtTargets), 2500U - 1778U);
  EXPECT_EQ(refused(counts, ForwardRefusal::NotSent), 0U) << "sockets suffice";
  EXPECT_GT(ask_many(500, "127.0.0.2"), 190U);
  EXPECT_EQ(ask_many(1, "127.0.0.3"), 1U);
  EXPECT_EQ(refused(counts, ForwardRefusal::TargetsFull), 0U);
}

TEST_F(ForwardingLimits, AClientJoinsAQuestionBeyondItsShare) {
  options.settings.forward.max_in_flight_per_target = 18;
  start();
  EXPECT_FALSE(ask("joined.partner.example.", 1, "127.0.0.2"));
  ask_many(30, "127.0.0.1");
  const size_t waiting = forwarding->waiting();
  EXPECT_FALSE(ask("joined.partner.example.", 2, "127.0.0.1"));
  EXPECT_EQ(forwarding->waiting(), waiting + 1);
}

TEST_F(ForwardingLimits, PlacesAreFreeAgainWhenQuestionsEnd) {
  options.settings.forward.max_in_flight_per_target = 18;
  start();
  EXPECT_EQ(ask_many(30, "127.0.0.1"), 16U);
  forwarding->cancel(*this);
  EXPECT_EQ(forwarding->waiting(), 0U);
  EXPECT_EQ(ask_many(30, "127.0.0.1"), 16U);
}

TEST_F(ForwardingLimits, QueriesThatWaitHaveALimitInAllAndForEachClient) {
  options.settings.forward.max_waiting = 90;
  options.settings.forward.max_waiters = 90;
  options.settings.forward.max_waiting_per_client = 85;
  start();
  for (uint64_t id = 0; id < 100; ++id) ask("www.partner.example.", id);
  EXPECT_EQ(forwarding->waiting(), 80U);
  EXPECT_EQ(refused(counts, ForwardRefusal::ClientShare), 20U);
  EXPECT_EQ(replies.at(99).rcode, dns::Rcode::ServFail);
  EXPECT_EQ(ask_many(100, "127.0.0.2"), 9U);
  EXPECT_EQ(ask_many(100, "127.0.0.3"), 1U);
  EXPECT_EQ(ask_many(100, "127.0.0.4"), 0U);
  EXPECT_EQ(refused(counts, ForwardRefusal::QueriesFull), 199U);
  EXPECT_GT(limit_reached + 1, 0U);
}

TEST_F(ForwardingLimits, AQueryThatIsRefusedIsAnsweredByTheCache) {
  target.script = [](auto query) { return answer(std::move(query), 60); };
  options.settings.forward.max_waiting_per_client = 1;
  start();
  EXPECT_FALSE(ask("www.partner.example.", 1));
  ASSERT_TRUE(until_replied(1));
  target.script = [](auto) { return std::vector<uint8_t>(); };
  EXPECT_FALSE(ask("waits.partner.example.", 2));
  EXPECT_FALSE(ask("refused.partner.example.", 3));
  EXPECT_EQ(replies.at(3).rcode, dns::Rcode::ServFail);
  EXPECT_EQ(refused(counts, ForwardRefusal::ClientLimit), 1U);
  EXPECT_TRUE(ask("www.partner.example.", 4));
}

TEST_F(ForwardingLimits, MemoryIsCountedAndGivenBack) {
  options.settings.forward.max_waiting_octets = 100 * ForwardShares::kQueryOctets;
  start();
  const size_t waiting = ask_many(200, "127.0.0.1");
  EXPECT_LT(waiting, 89U);
  EXPECT_GT(waiting, 75U);
  EXPECT_EQ(refused(counts, ForwardRefusal::ClientMemory), 200 - waiting);
  forwarding->cancel(*this);
  EXPECT_EQ(ask_many(200, "127.0.0.1"), waiting);
}

}  // namespace
}  // namespace inlet53::server
