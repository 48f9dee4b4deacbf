// SPDX-License-Identifier: Apache-2.0
#include "server/udp_service.h"

#include <memory>
#include <optional>

#include "server/prefetch.h"
#include "test_forwarder.h"
#include "test_state.h"
#include "unit/net/net_support.h"
#include "unit/net/test_source.h"
#include <gtest/gtest.h>

#include "inlet53/dns/response_view.h"

namespace inlet53::server {
namespace {

/// Service without a socket that answers `name.test.` and forwards `partner.`.
class UdpServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = std::make_shared<resolver::ResolverState>(
        *make_state({*SocketAddress::parse("127.0.0.1:53")}, "10.0.0.1"));
    made->addresses[0].rules = std::make_shared<const resolver::RuleIndex>(
        std::vector<resolver::RuleIndex::Entry>{{*dns::Name::parse_text("partner."), 0}});
    state = std::move(made);
    auto datagrams = std::make_unique<net::TestSource>(net::local("127.0.0.1", 4242));
    source = datagrams.get();
    service.emplace(loop, std::move(datagrams), prefetcher,
                    AnsweringParts{responder, forwarder, counts, [this] { ++batches; }},
                    state->addresses[0], [] {});
  }
  [[nodiscard]] bool serve(size_t batches_in_all) {
    return net::run_until(loop, [&] { return batches >= batches_in_all; });
  }

  net::Loop loop;
  WorkerCounts counts;
  Responder responder{{}, nullptr, nullptr, counts};
  TestForwarder forwarder;
  BatchPrefetcher prefetcher;
  size_t batches = 0;
  std::shared_ptr<const resolver::ResolverState> state;
  net::TestSource* source = nullptr;
  std::optional<UdpService> service;
};

TEST_F(UdpServiceTest, AnswersABatchThroughItsSource) {
  source->put(make_query("name.test.", 1, 0));
  source->put(make_query("nothing.test.", 1, 0));
  source->put({});  // not a query: it gets no response
  ASSERT_TRUE(serve(1));
  ASSERT_EQ(source->responses.size(), 2U);
  const auto answer = dns::parse_response(source->responses[0]);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->answer.size(), 1U);
  EXPECT_EQ(dns::parse_response(source->responses[1])->rcode, dns::Rcode::NXDomain);
  EXPECT_EQ(counts.dropped.get(), 1U);
}

TEST_F(UdpServiceTest, SendsTheResponseOfAQueryThatWaitedAsALateOne) {
  const auto query = make_query("host.partner.", 1, 0);
  source->put(query);
  ASSERT_TRUE(serve(1));
  EXPECT_TRUE(source->responses.empty());
  ASSERT_EQ(forwarder.waiting.size(), 1U);
  EXPECT_EQ(forwarder.waiting.front().first.source, net::local("127.0.0.1", 4242));
  forwarder.answer_first();
  ASSERT_EQ(source->late_responses.size(), 1U);
  EXPECT_EQ(source->late_responses[0], query);
}

TEST_F(UdpServiceTest, CountsWhatItsSourceHasCounted) {
  source->counted = {.received = 5, .send_failed = 2, .sent_groups = 3};
  source->put(make_query("name.test.", 1, 0));
  ASSERT_TRUE(serve(1));
  source->counted.send_failed = 4;
  service.reset();
  EXPECT_EQ(counts.datagrams_unsent.get(), 4U);
  EXPECT_EQ(counts.udp_groups.get(), 3U);
}

}  // namespace
}  // namespace inlet53::server
