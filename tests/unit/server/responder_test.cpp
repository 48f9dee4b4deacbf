// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/responder.h"

#include <algorithm>

#include "server_support.h"
#include <gtest/gtest.h>

#include "inlet53/dns/response_view.h"
#include "inlet53/server/refused_clients.h"

namespace inlet53::server {
namespace {

using record::Transport;

class ResponderTest : public ::testing::Test {
 protected:
  /// Returns the response to a query; absent: there is none.
  std::optional<dns::ResponseMessage> ask(const std::vector<uint8_t>& query,
                                          Transport transport = Transport::Udp,
                                          std::string_view source = "127.0.0.1") {
    std::copy(query.begin(), query.end(), buffer.begin());
    size = responder
               ->answer({state->addresses[0], transport, {}}, {*IpAddress::parse(source), 4242},
                        {buffer.data(), transport == Transport::Udp ? 4096 : buffer.size()},
                        query.size())
               .size;
    if (size == 0) return std::nullopt;
    auto parsed = dns::parse_response({buffer.data(), size});
    EXPECT_TRUE(parsed);
    return parsed;
  }

  std::shared_ptr<const resolver::ResolverState> state =
      make_state({*SocketAddress::parse("127.0.0.1:53")}, "10.0.0.1");
  WorkerCounts counts;
  Responder::Options options;
  std::unique_ptr<Responder> responder =
      std::make_unique<Responder>(options, nullptr, nullptr, counts);
  std::vector<uint8_t> buffer = std::vector<uint8_t>(65535);
  size_t size = 0;
};

TEST_F(ResponderTest, AnswersInPlaceAndCounts) {
  const auto response = ask(make_query("www.test.", 1, 1232));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->id, 0x1234);
  ASSERT_EQ(response->answer.size(), 2U);
  EXPECT_EQ(response->answer[1].owner.view().to_text(), "name.test.");
  EXPECT_TRUE(response->has_opt);
  EXPECT_EQ(counts.udp_queries.get(), 1U);
  EXPECT_EQ(counts.responses[0].get(), 1U);
}

TEST_F(ResponderTest, TruncatesAtTheEdgeOfAnRRsetToWhatTheTransportAllows) {
  const uint16_t advertised[] = {0, 100, 512, 1232, 4096};
  const size_t limits[] = {512, 512, 512, 1232, 1232};
  for (size_t i = 0; i < std::size(advertised); ++i) {
    const auto response = ask(make_query("big.test.", 1, advertised[i]));
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->truncated());
    EXPECT_TRUE(response->answer.empty());
    EXPECT_LE(size, limits[i]);
  }
  EXPECT_EQ(counts.truncated.get(), std::size(advertised));
  const auto whole = ask(make_query("big.test.", 1, 0), Transport::Tcp);
  EXPECT_FALSE(whole->truncated());
  EXPECT_EQ(whole->answer.size(), 100U);
}

TEST_F(ResponderTest, HonoursALargerEdnsSizeWhenItIsSet) {
  options.settings.server.edns_udp_size = 4096;
  responder = std::make_unique<Responder>(options, nullptr, nullptr, counts);
  EXPECT_FALSE(ask(make_query("big.test.", 1, 4096))->truncated());
  EXPECT_TRUE(ask(make_query("big.test.", 1, 1232))->truncated());
}

TEST_F(ResponderTest, GivesUnauthorisedSourcesNoResponseOverUdp) {
  EXPECT_FALSE(ask(make_query("name.test.", 1, 0), Transport::Udp, "127.9.9.9"));
  EXPECT_EQ(counts.denied.get(), 1U);
  EXPECT_EQ(counts.udp_queries.get(), 0U);
}

TEST_F(ResponderTest, ReportsUnauthorisedSourcesOverUdp) {
  RefusedClients refused([] {});
  counts.refused_clients = &refused;
  EXPECT_TRUE(ask(make_query("name.test.", 1, 0)));
  EXPECT_FALSE(ask(make_query("name.test.", 1, 0), Transport::Udp, "127.9.9.9"));
  const RefusedClients::Report report = refused.collect();
  ASSERT_EQ(report.clients.size(), 1U);
  EXPECT_EQ(report.clients[0].client.to_text(), "127.9.9.9");
}

TEST_F(ResponderTest, GivesEveryTransportTheSameVerdict) {
  auto update = make_query("name.test.", 1, 0);
  update[2] = 0x28;
  auto response_to_us = make_query("name.test.", 1, 0);
  response_to_us[2] = 0x81;
  auto trailing = make_query("name.test.", 1, 0);
  trailing.push_back(0);
  for (const Transport transport : {Transport::Udp, Transport::Tcp, Transport::Doh}) {
    EXPECT_EQ(ask(update, transport)->rcode, dns::Rcode::NotImp);
    EXPECT_EQ(ask(trailing, transport)->rcode, dns::Rcode::FormErr);
    EXPECT_FALSE(ask(response_to_us, transport));
    EXPECT_EQ(ask(make_query("nx.test.", 1, 0), transport)->rcode, dns::Rcode::NXDomain);
    EXPECT_EQ(ask(make_query("elsewhere.", 1, 0), transport)->rcode, dns::Rcode::Refused);
  }
  EXPECT_EQ(counts.dropped.get(), 3U);
}

TEST_F(ResponderTest, KeepsReceivedAnswersToTheirQuery) {
  resolver::EndpointAddress address = state->addresses[0];
  address.rules = std::make_shared<const resolver::RuleIndex>(
      std::vector<resolver::RuleIndex::Entry>{{*dns::Name::parse_text("partner.test."), 0}});
  const auto query = make_query("a.partner.test.", 1, 0);
  const SocketAddress client{*IpAddress::parse("127.0.0.1"), 4242};
  const auto answer = [&](const Resumption* with) {
    std::copy(query.begin(), query.end(), buffer.begin());
    return responder->answer({address, Transport::Udp, {}}, client, {buffer.data(), 4096},
                             query.size(), with);
  };
  ASSERT_EQ(answer(nullptr).fetch_for, resolver::FetchFor::Answer);

  // An alias to a name that needs another question: the query continues to wait.
  const dns::Name asked = *dns::Name::parse_text("a.partner.test.");
  const dns::Name target = *dns::Name::parse_text("b.partner.test.");
  std::vector<uint8_t> alias{0xC0, 0x0C, 0, 5, 0, 1, 0, 0, 0, 0, 0, 16};
  alias.insert(alias.end(), target.view().data(), target.view().data() + target.view().size());
  const cache::CachedRRset rrset{asked.view(), {5, 1, alias}, {}};
  resolver::ReceivedAnswer got{{0, 0, asked.view(), 1, 0}, {}};
  got.response.answers = {&rrset, 1};
  const Resumption with{{&got, 1}, {}};
  const Reply resumed = answer(&with);
  ASSERT_EQ(resumed.fetch_for, resolver::FetchFor::Answer);
  EXPECT_EQ(resumed.question->qname.to_text(), "b.partner.test.");

  const Reply other = answer(nullptr);
  ASSERT_EQ(other.fetch_for, resolver::FetchFor::Answer);
  EXPECT_EQ(other.question->qname.to_text(), "a.partner.test.");
}

TEST_F(ResponderTest, WhatIsOverALimitIsDroppedAndCounted) {
  settings::Limits limits;
  limits.queries_per_client = 2;
  options.limits = QueryLimits::make(limits);
  responder = std::make_unique<Responder>(options, nullptr, nullptr, counts);
  EXPECT_TRUE(ask(make_query("www.test.", 1, 0)));
  EXPECT_TRUE(ask(make_query("www.test.", 1, 0), Transport::Tcp));
  EXPECT_FALSE(ask(make_query("www.test.", 1, 0)));
  EXPECT_FALSE(ask(make_query("www.test.", 1, 0), Transport::Tcp));
  EXPECT_TRUE(ask(make_query("www.test.", 1, 0), Transport::Udp, "127.0.0.2"));
  EXPECT_EQ(counts.limited.get(), 2U);
  EXPECT_EQ(counts.udp_queries.get(), 2U);
}

}  // namespace
}  // namespace inlet53::server
