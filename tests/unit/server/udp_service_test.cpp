// SPDX-License-Identifier: Apache-2.0
#include "server/udp_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/prefetch.h"
#include "server_support.h"
#include "unit/net/net_support.h"
#include "unit/net/test_source.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/dns/response_view.h"
#include "inlet53/zone/zone_loader.h"

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

// A zone of at least 2 MiB, and a small one.
zone::ZoneIndex make_zones() {
  std::vector<zone::ZoneIndex::Entry> entries;
  for (const auto& [apex, names] : {std::pair{"large.test.", 60'000}, {"small.test.", 10}}) {
    std::string text = "$TTL 60\n@ SOA a b 1 2 3 4 5\n";
    for (int i = 0; i < names; ++i) text += concat("host-", i, " A 10.0.0.1\n");
    const auto data = zone::load_zone_text(text, "test.zone", dns::Name::parse_text(apex)->view());
    entries.push_back(
        {zone::ZoneKind::HostedZone, zone::ZoneTable::build(data->data, kSeed, {.rotate = false})});
  }
  return {std::move(entries), kSeed};
}

class PrefetchTest : public ::testing::Test {
 protected:
  static const zone::ZoneIndex& zones() {
    static const zone::ZoneIndex kZones = make_zones();
    return kZones;
  }
  static zone::PrefetchedSlot prefetched(std::string_view name) {
    zone::NameKey key;
    key.assign(dns::Name::parse_text(name)->view(), kSeed);
    return zones().prefetch(key);
  }
};

TEST_F(PrefetchTest, FindsTheSlotThatTheLookupWillRead) {
  ASSERT_TRUE(zones().has_large_zone());
  for (const int i : {0, 1, 59'999}) {
    zone::NameKey key;
    key.assign(dns::Name::parse_text(concat("HOST-", i, ".large.test."))->view(), kSeed);
    EXPECT_EQ(zones().prefetch(key).hash, key.hash(0, 1));
    EXPECT_NE(zones().prefetch(key).zone, nullptr);
  }
  // A name below a host: the entry of its longest ancestor in the zone is prefetched.
  zone::NameKey deep;
  deep.assign(dns::Name::parse_text("a.b.host-7.large.test.")->view(), kSeed);
  EXPECT_EQ(zones().prefetch(deep).hash, deep.hash(2, 3));
}

TEST_F(PrefetchTest, LeavesOutWhatIsCheapOrNotThere) {
  for (const auto* name : {"host-1.small.test.", "large.test.", "host-1.elsewhere.", "."}) {
    EXPECT_EQ(prefetched(name).zone, nullptr) << name;
  }
}

// Arbitrary messages in a batch do not crash; sanitizers check the accesses.
TEST_F(PrefetchTest, ReadsNothingBeyondAMessage) {
  std::vector<std::vector<uint8_t>> messages;
  const auto whole = make_query("host-1.large.test.", 1, 0);
  for (size_t size = 0; size <= whole.size(); ++size) {
    messages.emplace_back(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
  }
  messages.push_back(make_query("host-2.small.test.", 1, 1232));
  auto pointer = whole;
  pointer[12] = 0xC0;
  messages.push_back(pointer);
  messages.emplace_back(300, uint8_t{63});

  BatchPrefetcher prefetcher;
  std::vector<net::Datagram> batch;
  for (auto& message : messages) {
    batch.push_back({.data = message.data(),
                     .capacity = static_cast<uint32_t>(message.size()),
                     .received = static_cast<uint32_t>(message.size())});
    if (batch.size() == net::DatagramSource::kMaxBatch) {
      prefetcher.prefetch(zones(), batch);
      batch.clear();
    }
  }
  prefetcher.prefetch(zones(), batch);
}

}  // namespace
}  // namespace inlet53::server
