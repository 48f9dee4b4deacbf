// SPDX-License-Identifier: Apache-2.0
#include "server/prefetch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "test_state.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::server {
namespace {

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
