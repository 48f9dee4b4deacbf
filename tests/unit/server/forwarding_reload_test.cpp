// SPDX-License-Identifier: Apache-2.0

// Cached answers after a reload, with a real forwarder and targets on loopback.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/forwarding.h"
#include "server_support.h"
#include "unit/net/net_support.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/dns/response_view.h"

namespace inlet53::server {
namespace {

using net::local;
using net::run_until;

// Target over UDP. It answers with its fixed address, or with the response of `script`.
class Target {
 public:
  explicit Target(net::Loop& loop, std::string address = "192.0.2.1")
      : answer_(std::move(address)),
        socket_(std::move(*net::open_udp(local("127.0.0.1"), 4U << 20))) {
    watcher_.emplace(loop, socket_.get(), [this] { receive(); });
  }

  [[nodiscard]] topology::TargetAddress as_target() const {
    topology::TargetAddress out;
    out.address = net::bound_to(socket_.get());
    return out;
  }
  [[nodiscard]] size_t times_asked(const std::string& name) const {
    return static_cast<size_t>(std::ranges::count(asked, name));
  }

  std::vector<std::string> asked;  // names in lower case
  uint32_t ttl = 60;
  dns::Rcode rcode = dns::Rcode::NoError;

 private:
  void receive() {
    std::array<uint8_t, 600> buffer;
    sockaddr_storage from{};
    for (;;) {
      socklen_t length = sizeof from;
      auto* const peer = reinterpret_cast<sockaddr*>(&from);
      const ssize_t count =
          recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT, peer, &length);
      if (count < 0) return;
      const Bytes query(buffer.data(), static_cast<size_t>(count));
      asked.push_back(ascii_lower(dns::parse_flat_name(query, 12)->to_text()));
      const auto message = respond(query);
      sendto(socket_.get(), message.data(), message.size(), 0, peer, length);
    }
  }
  // Composes a response with the question and one A record.
  [[nodiscard]] std::vector<uint8_t> respond(Bytes query) const {
    const size_t end = 12 + dns::parse_flat_name(query, 12)->size() + 4;
    std::vector<uint8_t> out(query.begin(), query.begin() + static_cast<ptrdiff_t>(end));
    out[2] = 0x81;
    out[3] = static_cast<uint8_t>(0x80 | static_cast<uint8_t>(rcode));
    const bool answers = rcode == dns::Rcode::NoError;
    store_be16(&out[6], answers ? 1 : 0);
    store_be16(&out[10], 0);
    if (!answers) return out;
    const size_t at = out.size();
    out.resize(at + 16);
    const std::array<uint8_t, 6> head{0xC0, 0x0C, 0, 1, 0, 1};
    std::ranges::copy(head, &out[at]);
    store_be16(&out[at + 6], static_cast<uint16_t>(ttl >> 16));
    store_be16(&out[at + 8], static_cast<uint16_t>(ttl));
    store_be16(&out[at + 10], 4);
    std::ranges::copy(IpAddress::parse(answer_)->bytes(), &out[at + 12]);
    return out;
  }

  const std::string answer_;
  net::Descriptor socket_;
  std::optional<net::ReadWatcher> watcher_;
};

class ForwardingReload : public ::testing::Test, protected Replier {
 protected:
  void SetUp() override {
    // A test may change `options` before it starts.
    state = std::make_shared<resolver::ResolverState>(
        *make_state({*SocketAddress::parse("127.0.0.1:53")}, "10.0.0.1"));
  }

  void start() {
    forwarding.emplace(loop, options, cache, responder, counts);
    replace_state();
  }
  struct Rule {
    const char* domain;
    const Target* target;
    uint32_t scope;
    const char* id = "rslvr-rr-1";
  };
  /// Sets the rules of the next state in their order.
  void set_rules(const std::vector<Rule>& rules) {
    std::vector<resolver::RuleIndex::Entry> entries;
    state->forward_rules.clear();
    for (const Rule& rule : rules) {
      resolver::ForwardRule made;
      made.id = rule.id;
      made.scope = rule.scope;
      made.apex = *dns::Name::parse_text(rule.domain);
      made.targets = {rule.target->as_target()};
      made.outbound.emplace_back();
      entries.push_back(
          {made.apex, static_cast<uint32_t>(state->forward_rules.size()), rule.scope});
      state->forward_rules.push_back(std::move(made));
    }
    state->addresses[0].rules = std::make_shared<const resolver::RuleIndex>(std::move(entries));
  }
  void replace_state() { forwarding->replace_state(*state); }

  /// Sends a query of `client`; the response is stored in `responses` by port.
  void send(std::string_view qname, const char* client = "127.0.0.1") {
    const uint16_t port = next_port++;
    const SocketAddress source{*IpAddress::parse(client), port};
    const auto query = make_query(qname, 1, 1232);
    std::ranges::copy(query, buffer.begin());
    const Arrival how{state->addresses[0], record::Transport::Udp, read_clock()};
    const Reply reply = responder.answer(how, source, {buffer.data(), buffer.size()}, query.size());
    if (reply.fetch_for != resolver::FetchFor::Answer) {
      responses[port] = {buffer.begin(), buffer.begin() + reply.size};
      if (reply.fetch_for == resolver::FetchFor::Refresh) forwarding->refresh(*reply.question);
      return;
    }
    forwarding->enqueue({this, 0, source, record::Transport::Udp}, query, *reply.question);
  }
  /// Sends a query and returns its response: `192.0.2.1`, `rcode 2 ede 22`, …
  std::string ask(std::string_view qname, const char* client = "127.0.0.1") {
    const uint16_t port = next_port;
    send(qname, client);
    EXPECT_TRUE(run_until(loop, [&] { return responses.contains(port); })) << qname;
    return to_text(port);
  }
  std::string to_text(uint16_t port) {
    const auto response = dns::parse_response(responses[port]);
    if (!response) return "no response";
    std::string out;
    for (const auto& each : response->answer) {
      out += IpAddress::from_bytes(each.rdata).to_text() + " ";
    }
    if (!out.empty()) return out.substr(0, out.size() - 1);
    out = "rcode " + std::to_string(static_cast<int>(response->rcode));
    return response->ede ? out + " ede " + std::to_string(*response->ede) : out;
  }

  // Replier
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return state->addresses[0];
  }
  void reply(const ReplyTo& to, Bytes response) override {
    responses[to.source.port] = {response.begin(), response.end()};
  }

  net::Loop loop;
  std::shared_ptr<resolver::ResolverState> state;
  WorkerCounts counts;
  cache::Cache cache{{}};
  Responder responder{Responder::Options{}, nullptr, &cache, counts};
  Forwarding::Options options;
  std::optional<Forwarding> forwarding;
  std::vector<uint8_t> buffer = std::vector<uint8_t>(65535);
  std::map<uint16_t, std::vector<uint8_t>> responses;
  uint16_t next_port = 1024;
};

TEST_F(ForwardingReload, AnswersAndKeepsWhatATargetSays) {
  Target target(loop);
  set_rules({{"partner.test.", &target, 0}});
  start();
  EXPECT_EQ(ask("www.partner.test."), "192.0.2.1");
  EXPECT_EQ(ask("WWW.partner.test."), "192.0.2.1");
  EXPECT_EQ(ask("name.test."), "10.0.0.1") << "a zone's";
  EXPECT_EQ(target.times_asked("www.partner.test."), 1U);
  EXPECT_EQ(counts.forwarded.get(), 1U);
  EXPECT_EQ(counts.cache_hits.get(), 1U);
  EXPECT_EQ(forwarding->waiting(), 0U);
}

TEST_F(ForwardingReload, PassesOnTheRcodeOfATargetAndKeepsItForAWhile) {
  Target target(loop);
  target.rcode = dns::Rcode::Refused;
  set_rules({{"partner.test.", &target, 0}});
  start();
  EXPECT_EQ(ask("www.partner.test.").substr(0, 7), "rcode 5");
  EXPECT_EQ(ask("www.partner.test.").substr(0, 7), "rcode 5");
  EXPECT_EQ(target.asked.size(), 1U);
}

TEST_F(ForwardingReload, ARefreshIsForTheCacheAlone) {
  Target target(loop);
  set_rules({{"partner.test.", &target, 0}});
  start();
  const dns::Name name = *dns::Name::parse_text("www.partner.test.");
  zone::NameKey key;
  key.assign(name.view(), kSeed);
  forwarding->refresh({0, 0, name.view(), 1, key.hash(0, key.label_count())});
  ASSERT_TRUE(run_until(loop, [&] { return cache.counts().entries == 1; }));
  EXPECT_EQ(ask("www.partner.test."), "192.0.2.1");
  EXPECT_EQ(target.asked.size(), 1U);
  EXPECT_TRUE(forwarding->waiting() == 0 && responses.size() == 1);
}

//--- Reloads

TEST_F(ForwardingReload, AReloadKeepsTheAnswersOfRulesThatAskTheSame) {
  Target target(loop);
  Target other(loop, "192.0.2.2");
  set_rules({{"partner.test.", &target, 0}});
  start();
  ASSERT_EQ(ask("www.partner.test."), "192.0.2.1");
  // An unrelated rule precedes it, and it has another id.
  set_rules({{"other.test.", &other, 1}, {"partner.test.", &target, 0, "rslvr-rr-renamed"}});
  replace_state();
  EXPECT_EQ(ask("www.partner.test."), "192.0.2.1");
  EXPECT_EQ(target.asked.size(), 1U);
  EXPECT_EQ(ask("www.other.test."), "192.0.2.2");
}

TEST_F(ForwardingReload, AReloadDropsTheAnswersOfRulesThatChangedOrWent) {
  Target target(loop);
  Target other(loop, "192.0.2.2");
  set_rules({{"partner.test.", &target, 0}, {"stays.test.", &target, 1}});
  start();
  ASSERT_EQ(ask("www.partner.test."), "192.0.2.1");
  ASSERT_EQ(ask("www.stays.test."), "192.0.2.1");
  set_rules({{"partner.test.", &other, 2}, {"stays.test.", &target, 1}});
  replace_state();
  EXPECT_EQ(ask("www.partner.test."), "192.0.2.2");
  set_rules({{"stays.test.", &target, 1}});
  replace_state();
  EXPECT_EQ(ask("www.partner.test."), "rcode 3") << "the zone test. has it now";
  // The same rule again: its earlier answers are not found.
  set_rules({{"stays.test.", &target, 1}, {"partner.test.", &other, 3}});
  replace_state();
  EXPECT_EQ(ask("www.partner.test."), "192.0.2.2");
  EXPECT_EQ(other.asked.size(), 2U);
  EXPECT_EQ(ask("www.stays.test."), "192.0.2.1");
  EXPECT_EQ(target.asked.size(), 2U);
}

TEST_F(ForwardingReload, AReloadWithoutAnyRuleOfBeforeEmptiesTheCache) {
  Target target(loop);
  set_rules({{"partner.test.", &target, 0}});
  start();
  ASSERT_EQ(ask("www.partner.test."), "192.0.2.1");
  EXPECT_EQ(cache.counts().entries, 1U);
  set_rules({{"partner.test.", &target, 1}});
  replace_state();
  EXPECT_EQ(cache.counts().entries, 0U);
}

TEST_F(ForwardingReload, AMoreSpecificRuleIsAskedForWhatTheOtherHasAnswered) {
  Target target(loop);
  Target inner(loop, "192.0.2.2");
  set_rules({{"partner.test.", &target, 0}});
  start();
  ASSERT_EQ(ask("www.sub.partner.test."), "192.0.2.1");
  set_rules({{"partner.test.", &target, 0}, {"sub.partner.test.", &inner, 1}});
  replace_state();
  EXPECT_EQ(ask("www.sub.partner.test."), "192.0.2.2");
}

TEST_F(ForwardingReload, AQueryThatWaitsOutlivesAReloadThatMovesItsRule) {
  Target target(loop);
  Target other(loop, "192.0.2.2");
  set_rules({{"partner.test.", &target, 0}});
  start();
  send("www.partner.test.");
  set_rules({{"other.test.", &other, 1}, {"partner.test.", &target, 0}});
  replace_state();
  ASSERT_TRUE(run_until(loop, [&] { return responses.size() == 1; }));
  EXPECT_EQ(to_text(1024), "192.0.2.1");
  EXPECT_EQ(ask("www.partner.test."), "192.0.2.1");
  EXPECT_EQ(target.asked.size(), 1U) << "the cache has it";
}

TEST_F(ForwardingReload, AQueryThatWaitsForARuleThatWentIsDecidedByTheNewOnes) {
  Target target(loop);
  Target other(loop, "192.0.2.2");
  set_rules({{"partner.test.", &target, 0}, {"gone.test.", &target, 1}});
  start();
  send("www.partner.test.");
  send("www.gone.test.");
  set_rules({{"partner.test.", &other, 2}});
  replace_state();
  ASSERT_TRUE(run_until(loop, [&] { return responses.size() == 2; }));
  EXPECT_EQ(to_text(1024), "192.0.2.2");
  EXPECT_EQ(to_text(1025), "rcode 3");
  EXPECT_EQ(target.asked.size(), 2U);
}

}  // namespace
}  // namespace inlet53::server
